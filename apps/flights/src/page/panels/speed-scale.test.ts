import { expect, test } from "vitest";
import { SPEED_STEPS, speedAt, stepOf } from "./speed-scale.js";

test("the slider reaches from 1 to 3,600", () => {
  expect(speedAt(0)).toBe(1);
  expect(speedAt(SPEED_STEPS)).toBe(3_600);
});

test("each step is at least as fast as the one before, and never outside the limits", () => {
  const speeds = Array.from({ length: SPEED_STEPS + 1 }, (_, step) => speedAt(step));
  expect(speeds).toEqual([...speeds].sort((one, other) => one - other));
  expect(Math.min(...speeds)).toBe(1);
  expect(Math.max(...speeds)).toBe(3_600);
});

// Half a step of the scale is 2%, and rounding to two digits moves a speed by at most 5% more.
test("any speed is found at a step that gives it within 7%", () => {
  for (let speed = 1; speed <= 3_600; speed++) {
    expect(Math.abs(speedAt(stepOf(speed)) / speed - 1)).toBeLessThan(0.07);
  }
});

test("the replay's usual 180 is on the scale", () => {
  expect(speedAt(stepOf(180))).toBe(180);
});
