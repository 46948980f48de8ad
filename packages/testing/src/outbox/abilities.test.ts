import { describe, expect, it } from "vitest";
import { casesOnlyIn, failuresOf } from "../../fixtures/declared-lies.js";
import { ableOutboxes, allOutboxFeatures, disabledOutboxes } from "../../fixtures/outbox-abilities.js";
import { outboxCases } from "./outbox-cases.js";
import { outboxAbilities } from "./outbox-harness.js";
import { runOutboxCase } from "./test-outbox-store.js";

const patience = 200;
const because = "a test takes it away";

describe.each(outboxAbilities)("the feature %s", (ability) => {
  const able = outboxCases(allOutboxFeatures);
  const unable = outboxCases({ ...allOutboxFeatures, [ability]: { value: false, because } });
  const run = (createHarness: typeof ableOutboxes) => (one: (typeof able)[number]) =>
    runOutboxCase(one, { createHarness, patience });

  it("is shown to be missing where it is", async () => {
    const negative = casesOnlyIn(unable, able);
    expect(negative, "cases of what is missing").not.toEqual([]);
    expect(await failuresOf(negative, run(disabledOutboxes[ability]))).toEqual([]);
  });

  it("is not taken for missing where it is there", async () => {
    expect(await failuresOf(casesOnlyIn(unable, able), run(ableOutboxes))).not.toEqual([]);
  });

  it("is not taken for there where it is missing", async () => {
    expect(await failuresOf(casesOnlyIn(able, unable), run(disabledOutboxes[ability]))).not.toEqual([]);
  });
});
