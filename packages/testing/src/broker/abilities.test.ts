import { describe, expect, it } from "vitest";
import { disabledBrokers } from "../../fixtures/broker-abilities.js";
import { casesOnlyIn, failuresOf } from "../../fixtures/declared-lies.js";
import { memoryBrokers, memoryTraits } from "../../fixtures/memory-brokers.js";
import { brokerCases } from "./broker-cases.js";
import { brokerAbilities } from "./broker-harness.js";
import { runBrokerCase } from "./test-broker.js";

describe.each(brokerAbilities)("the feature %s", (ability) => {
  const { traits, createHarness: createDisabled } = disabledBrokers[ability];
  const able = brokerCases(memoryTraits);
  const unable = brokerCases(traits);
  const run =
    (createHarness: typeof createDisabled, patience = 100) =>
    (one: (typeof able)[number]) =>
      runBrokerCase(one, { createHarness, patience });

  it("is shown to be missing where it is", async () => {
    const negative = casesOnlyIn(unable, able);
    expect(negative, "cases of what is missing").not.toEqual([]);
    expect(await failuresOf(negative, run(createDisabled, 10_000))).toEqual([]);
  });

  it("is not taken for missing where it is there", async () => {
    expect(await failuresOf(casesOnlyIn(unable, able), run(memoryBrokers))).not.toEqual([]);
  });

  it("is not taken for there where it is missing", async () => {
    expect(await failuresOf(casesOnlyIn(able, unable).slice(0, 5), run(createDisabled))).not.toEqual([]);
  });

  it("is told of by the broker itself, where features have it", async () => {
    const [declared] = able;
    expect(declared!.name).toBe("a broker says of itself what is declared of it here");
    const told = !["hints", "clock"].includes(ability);
    expect(await failuresOf([declared!], run(createDisabled))).toHaveLength(told ? 1 : 0);
  });
});
