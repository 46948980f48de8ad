import { expect, it } from "vitest";
import { busBugs, planted } from "../../fixtures/bus-bugs.js";
import { memoryBuses } from "../../fixtures/memory-buses.js";
import { behaviourCases } from "./behaviour-cases.js";
import { runBehaviourCase } from "./test-behaviour.js";

const cases = behaviourCases({ boundary: true });
/** In milliseconds: what a bug keeps from happening is waited for in vain. What is right is given its time. */
const patience = 300;

it.each(busBugs)("is caught: $bug", async ({ caughtBy, because, ...bug }) => {
  const one = cases.find(({ name }) => name === caughtBy);
  expect(one, `a case called "${caughtBy}"`).toBeDefined();
  await runBehaviourCase(one!, { createHarness: () => planted(memoryBuses(), {}) });
  const createHarness = () => planted(memoryBuses(), bug);
  await expect(runBehaviourCase(one!, { createHarness, patience })).rejects.toThrow(because);
});

it("has no two cases of one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
