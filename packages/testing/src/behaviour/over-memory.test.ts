import { memoryBuses as createHarness } from "../../fixtures/memory-buses.js";
import { testBehaviour } from "./test-behaviour.js";

testBehaviour("over a link in memory", { features: { boundary: true }, createHarness });

testBehaviour("over a link in memory that is cut between any two steps", {
  features: { boundary: true },
  createHarness() {
    const harness = createHarness();
    return {
      ...harness,
      disturb: () => {
        for (const source of harness.sources) source.cut();
      },
    };
  },
});
