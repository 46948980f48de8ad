import { describe, expect, it } from "vitest";
import { wrongs } from "../command/report.js";
import type { Bug } from "./bugs.js";
import { bugs } from "./bugs.js";
import { simulate } from "./simulate.js";

/** Within how many seeds, from 0 on, each planted bug is found. */
const foundWithin: Readonly<Record<Bug, number>> = {
  "acknowledged-before-commit": 20,
  "never-synced": 20,
  "page-off-by-one": 20,
  "producer-not-fenced": 40,
  "cursor-not-fenced": 60,
  "epoch-unchanged": 20,
  "gap-not-told": 20,
  "repetition-not-known": 20,
  "offset-before-effect": 40,
};

describe("a seed", () => {
  it("comes out the same each time, step by step", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
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
  it.each(bugs)("%s", async (bug) => {
    const seeds = foundWithin[bug];
    let found = 0;
    for (let seed = 0; seed < seeds && found === 0; seed++) {
      found += wrongs(await simulate(seed, { bugs: new Set([bug]) })).length;
    }
    expect(found, `what was wrong within ${seeds} seeds`).toBeGreaterThan(0);
  });
});
