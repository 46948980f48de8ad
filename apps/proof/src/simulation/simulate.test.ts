import { describe, expect, it } from "vitest";
import { wrongs } from "../command/report.js";
import { type Bug, bugs } from "./bugs.js";
import { simulate } from "./simulate.js";

/** Where each planted bug is looked for: so few seeds from one on, shortly before one that finds it. */
const seedsOf: Readonly<Record<Bug, { readonly from: number; readonly within: number }>> = {
  "acknowledged-before-commit": { from: 0, within: 20 },
  "never-synced": { from: 8, within: 5 },
  "page-off-by-one": { from: 25, within: 5 },
  "producer-not-fenced": { from: 0, within: 5 },
  "cursor-not-fenced": { from: 43, within: 5 },
  "epoch-unchanged": { from: 0, within: 20 },
  "gap-not-told": { from: 0, within: 20 },
  "repetition-not-known": { from: 0, within: 20 },
  "offset-before-effect": { from: 16, within: 5 },
  "written-in-two": { from: 0, within: 20 },
  "snapshot-ahead": { from: 0, within: 20 },
};

describe("a seed", () => {
  it("comes out the same each time, step by step", async () => {
    for (const seed of [1, 2, 3]) {
      const [once, again] = [await simulate(seed), await simulate(seed)];
      expect(again, `seed ${seed}`).toEqual(once);
    }
  });

  it("comes out as no other does", async () => {
    expect((await simulate(1)).trace).not.toBe((await simulate(2)).trace);
  });

  it("loses nothing, nor doubles or turns around anything, and says all that happened", async () => {
    const lines: string[] = [];
    const one = await simulate(8, { tell: (line) => lines.push(line) });
    expect(wrongs(one)).toEqual([]);
    expect(one.acknowledged).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(one.acknowledged);
  });
});

describe("a planted bug is found", () => {
  it.each(bugs)("%s", { timeout: 120_000 }, async (bug) => {
    const { from, within } = seedsOf[bug];
    let found = 0;
    for (let seed = from; seed < from + within && found === 0; seed++) {
      found += wrongs(await simulate(seed, { bugs: new Set([bug]) })).length;
    }
    expect(found, `what was wrong in ${within} seeds from ${from} on`).toBeGreaterThan(0);
  });
});
