import { connectProtocol, memoryProtocolClient } from "../../../fixtures/memory-protocol-client.js";
import { testProtocolClient } from "./test-protocol-client.js";

testProtocolClient("a client in memory", { features: memoryProtocolClient, createHarness: connectProtocol });

testProtocolClient("a client in memory that speaks JSON alone", {
  features: { ...memoryProtocolClient, messagepack: { value: false, because: "it is connected so" } },
  createHarness: (onLink) => connectProtocol(onLink, { codec: "json" }),
});
