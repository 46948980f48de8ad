import { expect, it } from "vitest";
import { percentile } from "./percentile.js";

it("gives the sample that so many of a hundred are at most", () => {
  const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(percentile(samples, 50)).toBe(100);
  expect(percentile(samples, 99)).toBe(198);
  expect(percentile([3], 99)).toBe(3);
});

it("refuses to find one of nothing", () => {
  expect(() => percentile([], 50)).toThrow(RangeError);
});
