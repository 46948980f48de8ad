import { memoryProtocol, serveProtocol } from "../../fixtures/memory-protocol.js";
import { testProtocol } from "./test-protocol.js";

testProtocol("a server in memory", { features: memoryProtocol, createHarness: serveProtocol });

testProtocol("a server in memory that speaks JSON alone, over links that notice nothing themselves", {
  features: {
    messagepack: { value: false, because: "it is served so" },
    oversize: true,
    openingAuth: { value: false, because: "the harness gives its links none" },
    halfOpen: true,
    clock: true,
  },
  createHarness: (limits) => serveProtocol(limits, { codec: "json", halfOpen: true, openingAuth: false }),
});
