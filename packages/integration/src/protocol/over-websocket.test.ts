import { testProtocol } from "@eventwire/testing/protocol";
import { webSocketProtocol as createHarness } from "./websocket-protocol.js";

testProtocol("a server over WebSocket", {
  features: {
    messagepack: true,
    oversize: {
      value: false,
      because: "a frame over the limit is not even read: the connection is closed with 1009",
    },
    openingAuth: { value: false, because: "the upgrade of a page has no place for it" },
    halfOpen: true,
    clock: { value: false, because: "sockets go by the platform's time" },
  },
  createHarness,
});
