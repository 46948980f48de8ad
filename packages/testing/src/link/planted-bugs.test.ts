import { expect, it } from "vitest";
import { linkBugs } from "../../fixtures/link-bugs.js";
import { memoryFeatures, memoryLinks } from "../../fixtures/memory-links.js";
import { linkCases } from "./link-cases.js";
import { runLinkCase } from "./test-link.js";

const cases = linkCases(memoryFeatures);
/** In milliseconds: what a bug keeps from happening is waited for in vain. */
const patience = 500;

it.each(linkBugs)("is caught: $bug", async ({ caughtBy, because, plant }) => {
  const one = cases.find(({ name }) => name === caughtBy);
  expect(one, `a case called "${caughtBy}"`).toBeDefined();
  await runLinkCase(one!, { createHarness: memoryLinks, patience });
  await expect(runLinkCase(one!, { createHarness: () => plant(memoryLinks()), patience })).rejects.toThrow(
    because,
  );
});

it("has no two cases of one name", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
