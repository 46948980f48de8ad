import { describe, expect, it } from "vitest";
import { casesOnlyIn, failuresOf } from "../../fixtures/declared-lies.js";
import { ableLinks, allFeatures, disabledLinks } from "../../fixtures/link-abilities.js";
import { linkCases } from "./link-cases.js";
import { linkAbilities } from "./link-harness.js";
import { runLinkCase } from "./test-link.js";

const patience = 500;
const because = "a test takes it away";

describe.each(linkAbilities)("the feature %s", (ability) => {
  const able = linkCases(allFeatures);
  const unable = linkCases({ ...allFeatures, [ability]: { value: false, because } });
  const run = (createHarness: () => ReturnType<typeof ableLinks>) => (one: (typeof able)[number]) =>
    runLinkCase(one, { createHarness, patience });

  it("is shown to be missing where it is", async () => {
    const negative = casesOnlyIn(unable, able);
    expect(negative, "cases of what is missing").not.toEqual([]);
    expect(await failuresOf(negative, run(disabledLinks[ability]))).toEqual([]);
  });

  it("is not taken for missing where it is there", async () => {
    expect(await failuresOf(casesOnlyIn(unable, able), run(ableLinks))).not.toEqual([]);
  });

  it("is not taken for there where it is missing", async () => {
    expect(await failuresOf(casesOnlyIn(able, unable), run(disabledLinks[ability]))).not.toEqual([]);
  });
});

it("declares what it tests, and nothing is left out", () => {
  const { pausable, ...others } = allFeatures;
  expect(() => linkCases(others as typeof allFeatures)).toThrow('The feature "pausable" is not declared.');
  expect(() => linkCases({ ...others, pausable: { value: false, because: " " } })).toThrow(
    "say because of what",
  );
  expect(() => linkCases({ ...others, pausable: false as never })).toThrow("say because of what");
  expect(() => linkCases({ ...allFeatures, pauseable: pausable } as typeof allFeatures)).toThrow(
    '"pauseable"',
  );
});
