import { expect, it } from "vitest";
import { linkBugs } from "../../fixtures/link-bugs.js";
import { memoryFeatures, memoryLinksOnClock } from "../../fixtures/memory-links.js";
import { tampered } from "../../fixtures/tampered-links.js";
import { linkCases } from "./link-cases.js";
import { runLinkCase } from "./test-link.js";

const cases = linkCases(memoryFeatures);
/** In milliseconds of the virtual clock: what a bug keeps from happening is waited for in vain. */
const patience = 500;

it.each(linkBugs)("is caught: $bug", async ({ caughtBy, because, plant }) => {
  const one = cases.find(({ name }) => name === caughtBy);
  expect(one, `a case called "${caughtBy}"`).toBeDefined();
  const sound = () => tampered(memoryLinksOnClock(), () => ({}));
  await runLinkCase(one!, { createHarness: sound, patience });
  const createHarness = () => plant(memoryLinksOnClock());
  await expect(runLinkCase(one!, { createHarness, patience })).rejects.toThrow(because);
});

it("has no two cases of one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
