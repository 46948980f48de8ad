import { describe, expect, it } from "vitest";
import { casesOnlyIn, failuresOf } from "../../fixtures/declared-lies.js";
import { type MemoryProtocolOptions, memoryProtocol, serveProtocol } from "../../fixtures/memory-protocol.js";
import type { ProtocolAbility, ProtocolFeatures } from "./harness.js";
import { type ProtocolCase, protocolCases } from "./server-cases.js";
import { runProtocolCase } from "./test-protocol.js";

const because = "a test takes it away";
const able: ProtocolFeatures = { ...memoryProtocol, halfOpen: true };
/** How a server is served that has all abilities, and one that lacks one. What a harness can do with time is no ability of a server. */
const all: MemoryProtocolOptions = { halfOpen: true };
const lacking: Readonly<Record<Exclude<ProtocolAbility, "clock">, MemoryProtocolOptions>> = {
  messagepack: { ...all, codec: "json" },
  oversize: { ...all, oversize: false },
  openingAuth: { ...all, openingAuth: false },
  halfOpen: {},
};

const run = (options: MemoryProtocolOptions) => (one: ProtocolCase) =>
  runProtocolCase(one, { createHarness: (limits) => serveProtocol(limits, options), patience: 500 });

describe.each(Object.entries(lacking))("the feature %s", (ability, without) => {
  const others = protocolCases(able);
  const negative = protocolCases({ ...able, [ability]: { value: false, because } });

  it("is shown to be missing where it is", async () => {
    expect(casesOnlyIn(negative, others), "cases of what is missing").not.toEqual([]);
    expect(await failuresOf(casesOnlyIn(negative, others), run(without))).toEqual([]);
  });

  it("is not taken for missing where it is there", async () => {
    expect(await failuresOf(casesOnlyIn(negative, others), run(all))).not.toEqual([]);
  });

  it("is not taken for there where it is missing", async () => {
    expect(await failuresOf(casesOnlyIn(others, negative), run(without))).not.toEqual([]);
  });
});
