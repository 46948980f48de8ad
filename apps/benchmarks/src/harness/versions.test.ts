import { expect, it } from "vitest";
import type { Suite, Versioned } from "./suite.js";
import { requireKnownPeers, requireKnownRows, versionLine } from "./versions.js";

const suite: Suite<Versioned> = {
  name: "sort",
  ours: async () => ({ version: "1.0.0" }),
  peers: {
    quick: async () => ({ version: "2.0.0" }),
    lost: async () => {
      throw new Error("not installed");
    },
  },
  rows: [{ name: "a thousand", unit: "ns", better: "lower", measure: async () => 1 }],
  claims: [],
  handicap: (implementation) => implementation,
};

it("refuses to run without a peer that is missing, and names it", async () => {
  await expect(versionLine(suite, [])).rejects.toThrow("sort: missing peers: lost (not installed)");
});

it("runs without a missing peer that was left out on purpose", async () => {
  expect(await versionLine(suite, ["lost"])).toBe("sort: eventwire 1.0.0, quick 2.0.0");
});

it("refuses to leave out what is not there", () => {
  expect(() => requireKnownPeers([suite], ["quik"])).toThrow("no peer is called quik");
  expect(() => requireKnownPeers([suite], ["quick"])).not.toThrow();
});

it("refuses to measure a row that is not there", () => {
  expect(() => requireKnownRows([suite], ["a million"])).toThrow("no row is called a million");
  expect(() => requireKnownRows([suite], ["a thousand"])).not.toThrow();
});
