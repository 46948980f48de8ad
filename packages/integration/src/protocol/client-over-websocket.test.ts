import { testProtocolClient } from "@eventwire/testing/protocol";
import { webSocketProtocolClient as createHarness } from "./websocket-protocol-client.js";

testProtocolClient("a client over WebSocket", {
  features: {
    messagepack: true,
    helloAuth: true,
    clock: { value: false, because: "sockets go by the platform's time" },
  },
  createHarness,
});
