import { type LinkFeatures, testLink } from "@eventwire/testing/link";
import { socketLinks } from "./socket-links.js";

const features: LinkFeatures = {
  binary: true,
  loneSurrogates: true,
  backpressure: true,
  flushes: true,
  reasons: { value: false, because: "Socket.IO tells the other end nothing of why it was disconnected" },
  reconnects: true,
  heartbeat: true,
  address: true,
  headers: true,
  auth: true,
  cuttable: true,
  pausable: true,
};

testLink("a link over Socket.IO, by WebSocket", {
  features,
  patience: 20_000,
  createHarness: () => socketLinks({ transports: ["websocket"] }),
});

testLink("a link over Socket.IO, by polling", {
  features,
  patience: 20_000,
  createHarness: () => socketLinks({ transports: ["polling"] }),
});

testLink("a link over Socket.IO, by polling that is upgraded", {
  features,
  patience: 20_000,
  createHarness: () => socketLinks({ transports: ["polling", "websocket"] }),
});

testLink("a link over Socket.IO, by WebSocket, over a socket of the application's own", {
  features,
  patience: 20_000,
  createHarness: () => socketLinks({ transports: ["websocket"], shared: true }),
});
