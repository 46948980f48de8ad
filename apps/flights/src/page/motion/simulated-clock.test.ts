import { expect, test } from "vitest";
import { SimulatedClock } from "./simulated-clock.js";

const tick = (simulatedTime: number, speed = 180, paused = false) => ({ simulatedTime, speed, paused });

test("a clock runs on at the hub's speed between two ticks", () => {
  const clock = new SimulatedClock();
  expect(clock.known).toBe(false);
  clock.set(tick(1_000_000), 0);
  expect(clock.read(1_000)).toBe(1_000_000 + 180_000);
});

test("a small drift is absorbed smoothly, without a step and without turning back", () => {
  const clock = new SimulatedClock();
  clock.set(tick(0), 0);
  const before = clock.read(1_000);
  clock.set(tick(before - 10_000), 1_000);
  expect(clock.read(1_000)).toBeCloseTo(before, 6);
  let last = before;
  for (let now = 1_016; now <= 5_000; now += 16) {
    const read = clock.read(now);
    expect(read).toBeGreaterThan(last);
    last = read;
  }
  expect(last).toBeCloseTo(before - 10_000 + (5_000 - 1_000 - 8) * 180, -4);
});

test("a jump of the replay is taken at once", () => {
  const clock = new SimulatedClock();
  clock.set(tick(0), 0);
  clock.set(tick(86_400_000), 1_000);
  expect(clock.read(1_000)).toBe(86_400_000);
});

test("a paused clock stands, at speed 0", () => {
  const clock = new SimulatedClock();
  clock.set(tick(5_000, 180, true), 0);
  expect(clock.speed).toBe(0);
  expect(clock.read(60_000)).toBe(5_000);
});

test("a clock that is held stands where it was until it is let go", () => {
  const clock = new SimulatedClock();
  clock.set(tick(0), 0);
  clock.hold(true, 1_000);
  expect(clock.read(9_000)).toBe(180_000);
  clock.hold(false, 10_000);
  expect(clock.read(11_000)).toBe(360_000);
});
