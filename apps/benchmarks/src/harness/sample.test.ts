import { expect, it } from "vitest";
import { median, spread } from "./sample.js";

it("takes the middle of an odd number of samples, whatever their order", () => {
  expect(median([9, 1, 5])).toBe(5);
});

it("takes the mean of the middle two of an even number", () => {
  expect(median([4, 1, 100, 2])).toBe(3);
});

it("refuses to find the median of nothing", () => {
  expect(() => median([])).toThrow(RangeError);
});

it("gives the spread as a part of the median", () => {
  expect(spread([8, 10, 13])).toBe(0.5);
});
