import fc from "fast-check";
import { expect, it } from "vitest";
import { entriesOf, rowsOf } from "./entry-rows.js";

const lengths = fc.constantFrom(0, 1, 29_999, 30_000, 30_001, 60_000, 90_001);
const entries = fc.array(
  fc.record({
    id: fc.string(),
    name: fc.string(),
    time: fc.nat(),
    body: fc.tuple(lengths, fc.constantFrom("x", "飛", "😀")).map(([length, one]) => one.repeat(length)),
  }),
  { maxLength: 4 },
);

it("are what entries take, and give them back as they were", () => {
  fc.assert(
    fc.property(entries, (put) => {
      const rows = put.flatMap((entry, index) => rowsOf("p", 7 + index, entry));
      expect(rows.every(({ body }) => body.length <= 30_000)).toBe(true);
      expect(entriesOf(rows)).toEqual(put);
    }),
    { numRuns: 60 },
  );
});

it("are in the order of their keys", () => {
  const [first, second, ...more] = rowsOf("p", 3, { id: "a", name: "b", time: 1, body: "x".repeat(70_000) });
  expect([first!.part, second!.part, more.length]).toEqual([0, 1, 1]);
  expect([first!.position, more[0]!.position]).toEqual([3, 3]);
});
