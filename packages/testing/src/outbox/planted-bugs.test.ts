import { expect, it } from "vitest";
import { memoryOutboxes } from "../../fixtures/memory-outboxes.js";
import { allOutboxFeatures } from "../../fixtures/outbox-abilities.js";
import { outboxBugs } from "../../fixtures/outbox-bugs.js";
import { outboxCases } from "./outbox-cases.js";
import { runOutboxCase } from "./test-outbox-store.js";

const cases = outboxCases(allOutboxFeatures);
/** In milliseconds: what a bug keeps from happening is waited for in vain. */
const patience = 200;

it.each(outboxBugs)("is caught: $bug", async ({ caughtBy, because, plant }) => {
  const one = cases.find(({ name }) => name === caughtBy);
  expect(one, `a case called "${caughtBy}"`).toBeDefined();
  await runOutboxCase(one!, { createHarness: () => memoryOutboxes(), patience });
  const createHarness = () => memoryOutboxes(plant());
  await expect(runOutboxCase(one!, { createHarness, patience })).rejects.toThrow(because);
});

it("has a bug for each case", () => {
  const caught = new Set(outboxBugs.map(({ caughtBy }) => caughtBy));
  expect(cases.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([
    "what it says of itself agrees with what survives",
  ]);
});

it("has no two cases of one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
