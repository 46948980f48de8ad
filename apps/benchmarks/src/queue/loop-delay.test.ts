import { expect, it } from "vitest";
import { loopDelay, waitWithin } from "./loop-delay.js";

const hold = (milliseconds: number) => {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
};

it("takes every wait within a turn for as likely", () => {
  expect(waitWithin([5, 5, 5, 5], 0.99)).toBeCloseTo(4.95, 1);
  expect(waitWithin([100], 0.5)).toBeCloseTo(50, 1);
});

it("weighs a turn by its length, and not as one among many", () => {
  const turns = [...Array.from({ length: 1_000 }, () => 0.1), 100];
  expect(waitWithin(turns, 0.99)).toBeCloseTo(98, 0);
});

it("takes as many turns as there are", () => {
  expect(waitWithin(new Array(500_000).fill(1), 0.99)).toBeCloseTo(0.99, 2);
});

it("finds no wait where there was no time", () => {
  expect(waitWithin([], 0.99)).toBe(0);
});

it("measures one turn that never comes back to the event loop", async () => {
  const delay = await loopDelay(async () => {
    for (let count = 0; count < 40; count++) await hold(1);
  });
  expect(delay).toBeGreaterThan(38);
});

it("measures the breaths of work in slices", async () => {
  const delay = await loopDelay(async () => {
    for (let count = 0; count < 40; count++) {
      hold(5);
      await new Promise(setImmediate);
    }
  });
  expect(delay).toBeGreaterThan(4);
  // All of it would be 200; others on the machine may hold up a slice.
  expect(delay).toBeLessThan(150);
});

it("passes on what goes wrong meanwhile", async () => {
  const failing = loopDelay(() => Promise.reject(new Error("10 entries were lost")));
  await expect(failing).rejects.toThrow("10 entries were lost");
});
