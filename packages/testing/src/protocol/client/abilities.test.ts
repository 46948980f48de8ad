import { describe, expect, it } from "vitest";
import { casesOnlyIn, failuresOf } from "../../../fixtures/declared-lies.js";
import {
  connectProtocol,
  type MemoryProtocolClientOptions,
  memoryProtocolClient,
} from "../../../fixtures/memory-protocol-client.js";
import { type ProtocolClientCase, protocolClientCases } from "./client-cases.js";
import { runProtocolClientCase } from "./test-protocol-client.js";

const because = "a test takes it away";
const lacking: Readonly<Record<string, MemoryProtocolClientOptions>> = {
  messagepack: { codec: "json" },
  helloAuth: { helloAuth: false },
};

const run = (options: MemoryProtocolClientOptions) => (one: ProtocolClientCase) =>
  runProtocolClientCase(one, { createHarness: (onLink) => connectProtocol(onLink, options), patience: 500 });

describe.each(Object.entries(lacking))("the feature %s", (ability, without) => {
  const others = protocolClientCases(memoryProtocolClient);
  const negative = protocolClientCases({ ...memoryProtocolClient, [ability]: { value: false, because } });

  it("is shown to be missing where it is", async () => {
    expect(casesOnlyIn(negative, others), "cases of what is missing").not.toEqual([]);
    expect(await failuresOf(casesOnlyIn(negative, others), run(without))).toEqual([]);
  });

  it("is not taken for missing where it is there", async () => {
    expect(await failuresOf(casesOnlyIn(negative, others), run({}))).not.toEqual([]);
  });

  it("is not taken for there where it is missing", async () => {
    expect(await failuresOf(casesOnlyIn(others, negative), run(without))).not.toEqual([]);
  });
});
