import { testProtocol } from "@eventwire/testing/protocol";
import { socketIoProtocol as createHarness } from "./socket-io-protocol.js";

testProtocol("a server over Socket.IO", {
  features: {
    messagepack: true,
    oversize: true,
    openingAuth: true,
    halfOpen: { value: false, because: "Socket.IO has pings of its own" },
    clock: { value: false, because: "sockets go by the platform's time" },
  },
  createHarness,
});
