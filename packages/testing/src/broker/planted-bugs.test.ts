import { describe, expect, it } from "vitest";
import { brokerBugs } from "../../fixtures/broker-bugs.js";
import { memoryBrokers, memoryTraits } from "../../fixtures/memory-brokers.js";
import { stateBugs } from "../../fixtures/state-bugs.js";
import { tamperedBrokers } from "../../fixtures/tampered-broker.js";
import { brokerCases } from "./broker-cases.js";
import { runBrokerCase } from "./test-broker.js";

const cases = brokerCases(memoryTraits);
/** In milliseconds: what a bug keeps from happening is waited for in vain. What is right is given its time. */
const patience = 100;

it.each(brokerBugs)("is caught: $bug", async ({ caughtBy, because, tampering }) => {
  const one = cases.find(({ name }) => name === caughtBy);
  expect(one, `a case called "${caughtBy}"`).toBeDefined();
  await runBrokerCase(one!, { createHarness: () => tamperedBrokers(memoryBrokers(), {}) });
  const createHarness = () => tamperedBrokers(memoryBrokers(), tampering);
  await expect(runBrokerCase(one!, { createHarness, patience })).rejects.toThrow(because);
});

describe.each(stateBugs)("is caught at each operation: $bug", ({ state, because, plant }) => {
  const concerned = cases.filter(({ chapter, name }) => chapter === "states" && name.endsWith(state));

  it.each(concerned)("$name", async (one) => {
    const createHarness = () => plant(memoryBrokers());
    await expect(runBrokerCase(one, { createHarness, patience: 20 })).rejects.toThrow(because);
  });
});

it("has no two cases of one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
