import { type LinkFeatures, testLink } from "@eventwire/testing/link";
import { webSocketLinks } from "./websocket-links.js";

const features: LinkFeatures = {
  binary: true,
  loneSurrogates: { value: false, because: "WebSocket's text is UTF-8, which has no halves of a pair" },
  backpressure: true,
  flushes: true,
  reasons: true,
  reconnects: true,
  heartbeat: {
    value: false,
    because: "the two buses ask each other for signs of life, as facts.halfOpen wants",
  },
  address: true,
  headers: true,
  auth: { value: false, because: "a page can set no headers, so the client's hello says who it is" },
  cuttable: true,
  pausable: true,
};

testLink("a link over WebSocket, on an HTTP server", { features, createHarness: () => webSocketLinks() });

testLink("a link over WebSocket, on a WebSocketServer of the application's own", {
  features,
  createHarness: () => webSocketLinks({ own: true }),
});
