import { memory } from "@eventwire/core/memory";
import { memoryBrokers, memoryTraits } from "../../fixtures/memory-brokers.js";
import { testBroker } from "./test-broker.js";

testBroker("the memory broker", { features: memoryTraits, createHarness: memoryBrokers });

testBroker("the memory broker, in real time", {
  features: { ...memoryTraits, clock: { value: false, because: "it goes by the platform's" } },
  createHarness() {
    const broker = memory();
    return { create: () => broker, close: () => undefined };
  },
});
