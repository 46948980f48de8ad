import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rounds } from "./rounds.js";

describe("rounds", () => {
  test("visit every member exactly once, in batches that differ by one at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(200), (turns, count) => {
        const rounds = new Rounds<number>(turns);
        for (let member = 0; member < count; member += 1) rounds.add(member);
        const batches = Array.from({ length: turns }, () => [...rounds.turn()]);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, member) => member),
        );
        const sizes = batches.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("no member waits longer than a round, whoever comes and goes meanwhile", () => {
    const step = fc.oneof(fc.record({ leaves: fc.nat(50) }), fc.constant({ leaves: undefined }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const rounds = new Rounds<number>(4);
        const waited = new Map<number, number>();
        for (const [member, { leaves }] of steps.entries()) {
          rounds.add(member);
          waited.set(member, 0);
          if (leaves !== undefined) {
            rounds.delete(leaves);
            waited.delete(leaves);
          }
          const visited = rounds.turn();
          for (const [waiting, turns] of waited) waited.set(waiting, visited.has(waiting) ? 0 : turns + 1);
          expect(Math.max(0, ...waited.values())).toBeLessThan(4);
          for (const member of visited) expect(waited.has(member)).toBe(true);
        }
      }),
    );
  });
});
