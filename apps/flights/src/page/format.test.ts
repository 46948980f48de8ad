import { expect, test } from "vitest";
import { formatCount, formatDay, formatDelay, formatMean, formatTime } from "./format.js";

test.each([
  [0, "On time"],
  [-4, "4 min early"],
  [12, "+12 min"],
  [60, "+1 h 00"],
  [197, "+3 h 17"],
])("a delay of %d minutes reads %s", (minutes, said) => {
  expect(formatDelay(minutes)).toBe(said);
});

test("a simulated moment is read as the clock shows it, whatever the reader's time zone", () => {
  const moment = Date.UTC(2001, 0, 1, 0, 5);
  expect(formatTime(moment)).toBe("00:05");
  expect(formatDay(moment)).toBe("Mon, Jan 1, 2001");
});

test.each([
  [9.24, "9.2"],
  [-0.04, "0.0"],
  [-0.06, "-0.1"],
])("a mean of %d minutes reads %s", (minutes, said) => {
  expect(formatMean(minutes)).toBe(said);
});

test("thousands are set apart", () => {
  expect(formatCount(11_309.6)).toBe("11,310");
});
