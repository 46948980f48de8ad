import { testBehaviour } from "@eventwire/testing/behaviour";
import { socketHarness } from "./socket-harness.js";

const features = { boundary: true };

testBehaviour("over Socket.IO, by WebSocket", {
  features,
  createHarness: () => socketHarness({ transports: ["websocket"] }),
});

testBehaviour("over Socket.IO, by polling", {
  features,
  createHarness: () => socketHarness({ transports: ["polling"] }),
});

testBehaviour("over Socket.IO, by polling that is upgraded", {
  features,
  createHarness: () => socketHarness({ transports: ["polling", "websocket"] }),
});

testBehaviour("over Socket.IO, by WebSocket, over a shared connection", {
  features,
  createHarness: () => socketHarness({ transports: ["websocket"], shared: true }),
});
