import type { Offset } from "@eventwire/core";
import { expect, test } from "vitest";
import { type KeptTally, MovementTally } from "./movement-tally.js";

const place = (number: number) => `log.${number}` as Offset;

function tallyOf(numbers: readonly number[], kept?: KeptTally): MovementTally {
  const tally = new MovementTally(kept);
  for (const number of numbers) tally.add(number, place(number));
  return tally;
}

const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("what comes without a hole is complete, from whichever number on", () => {
  expect(tallyOf(run(501, 520)).count).toEqual({ received: 20, missing: 0, repeated: 0 });
});

test("a hole is counted by what lies in it", () => {
  expect(tallyOf([1, 2, 5, 6, 10]).count).toEqual({ received: 5, missing: 5, repeated: 0 });
});

test("what comes again is counted as repeated, and not as received", () => {
  expect(tallyOf([1, 2, 2, 1, 3]).count).toEqual({ received: 3, missing: 0, repeated: 2 });
});

test("a page that is loaded again counts on, and what it reads once more is no repetition", () => {
  const { kept } = tallyOf(run(1, 150));
  expect(kept).toMatchObject({ received: 150, last: 150, since: place(51), until: place(150) });
  expect(tallyOf(run(52, 160), kept).count).toEqual({ received: 160, missing: 0, repeated: 0 });
});

test("a repetition or a hole behind what is read once more is seen", () => {
  const { kept } = tallyOf(run(1, 10));
  expect(tallyOf([...run(2, 11), 11, 14], kept).count).toEqual({ received: 12, missing: 2, repeated: 1 });
});

test("what was lost while the page was away is missing", () => {
  const { kept } = tallyOf(run(1, 10));
  expect(tallyOf(run(31, 40), kept).count).toEqual({ received: 20, missing: 20, repeated: 0 });
});

test("a page that is left before anything came keeps nothing", () => {
  expect(tallyOf([]).kept).toBeUndefined();
  expect(tallyOf([], tallyOf([1]).kept).kept).toBeUndefined();
});

test("the numbers of another log are neither missing nor repeated", () => {
  const tally = tallyOf(run(1, 10));
  tally.startAnew();
  for (const number of run(4, 6)) tally.add(number, place(number));
  expect(tally.count).toEqual({ received: 13, missing: 0, repeated: 0 });
});
