import { testBehaviour } from "@eventwire/testing/behaviour";
import { cuttingProxy } from "../cutting-proxy.js";
import { socketHarness, type Transport } from "./socket-harness.js";
import { webSocketHarness } from "./websocket-harness.js";

/** More than a connection says until its listeners are in force, so that it is cut at every stage of that. */
const handshakeBytes = 3_000;
let seed = 20_010_101;

/**
 * Connections are cut between any two steps of a test; and while they are made again, at random places in the middle of
 * handshakes, hellos and frames. During a step they stay: what is under way at a cut may be lost, which is promised, and
 * tested beside this suite.
 */
const between: Transport["between"] = async (port) => {
  const proxy = await cuttingProxy({ to: port, seed: seed++ });
  proxy.cutWithin(handshakeBytes, 2);
  return {
    url: proxy.url,
    disturb() {
      proxy.cutWithin(handshakeBytes, 2);
      proxy.cut();
    },
    calm: () => proxy.calm(),
    close: () => proxy.close(),
  };
};

testBehaviour("over Socket.IO, by WebSocket, behind a proxy that cuts connections", {
  features: { boundary: true },
  createHarness: () => socketHarness({ transports: ["websocket"], between }),
});

testBehaviour("over Socket.IO, by polling that is upgraded, behind a proxy that cuts connections", {
  features: { boundary: true },
  createHarness: () => socketHarness({ transports: ["polling", "websocket"], between }),
});

testBehaviour("over Socket.IO, over a shared connection, behind a proxy that cuts connections", {
  features: { boundary: true },
  createHarness: () => socketHarness({ transports: ["websocket"], between, shared: true }),
});

testBehaviour("over WebSocket, behind a proxy that cuts connections", {
  features: { boundary: true },
  createHarness: () => webSocketHarness(between),
});
