import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayClock } from "./replay-clock.js";

function clockAt(start: number, speed: number) {
  let now = 5_000;
  const clock = new ReplayClock({ start, speed, now: () => now });
  return { clock, pass: (milliseconds: number) => (now += milliseconds) };
}

describe("the replay's clock", () => {
  test("runs as many times faster than real time as its speed", () => {
    const { clock, pass } = clockAt(1_000, 180);
    pass(250);
    expect(clock.time).toBe(1_000 + 45_000);
  });

  test("keeps its place when the speed changes, and goes on at the new one", () => {
    const { clock, pass } = clockAt(0, 180);
    pass(1_000);
    clock.speed = 3_600;
    expect(clock.time).toBe(180_000);
    pass(1_000);
    expect(clock.time).toBe(180_000 + 3_600_000);
  });

  test("stands still while paused, however long", () => {
    const { clock, pass } = clockAt(0, 10);
    pass(100);
    clock.paused = true;
    pass(60_000);
    expect(clock.time).toBe(1_000);
    clock.paused = false;
    expect(clock.time).toBe(1_000);
    pass(100);
    expect(clock.time).toBe(2_000);
  });

  test("a speed chosen while paused counts from when it goes on", () => {
    const { clock, pass } = clockAt(0, 10);
    clock.paused = true;
    clock.speed = 100;
    pass(1_000);
    expect(clock.time).toBe(0);
    clock.paused = false;
    pass(10);
    expect(clock.time).toBe(1_000);
  });

  test("goes on from the time it is set to", () => {
    const { clock, pass } = clockAt(0, 10);
    pass(1_000);
    clock.set(500);
    pass(1);
    expect(clock.time).toBe(510);
  });

  test("never jumps or goes back, whatever is turned in whatever order", () => {
    const turn = fc.oneof(
      fc.record({ pass: fc.nat(10_000) }),
      fc.record({ speed: fc.integer({ min: 1, max: 3_600 }) }),
      fc.record({ paused: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(turn), (turns) => {
        const { clock, pass } = clockAt(0, 180);
        for (const step of turns) {
          const before = clock.time;
          if ("pass" in step) {
            pass(step.pass);
            expect(clock.time - before).toBeCloseTo(clock.paused ? 0 : step.pass * clock.speed, 3);
          } else {
            Object.assign(clock, step);
            expect(clock.time).toBe(before);
          }
        }
      }),
    );
  });
});
