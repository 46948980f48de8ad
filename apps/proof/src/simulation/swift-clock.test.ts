import { expect, it } from "vitest";
import { SwiftClock } from "./swift-clock.js";

it("runs all that waits for no time before the next timer", async () => {
  const clock = new SwiftClock();
  const seen: string[] = [];
  clock.timer(async () => {
    for (let turn = 0; turn < 100; turn++) await undefined;
    clock.microtask(() => seen.push("microtask"));
    clock.macrotask(() => clock.microtask(() => seen.push("macrotask")));
  }, 1);
  clock.timer(() => seen.push("timer"), 2);
  await clock.run();
  expect(seen).toEqual(["microtask", "macrotask", "timer"]);
});

it("goes from timer to timer faster than the event loop turns, and lets it turn all the same", async () => {
  const clock = new SwiftClock();
  let turned = false;
  let fired = 0;
  setImmediate(() => {
    turned = true;
  });
  const again = () => {
    fired += 1;
    if (fired < 1_000 && !turned) clock.timer(again, 1);
  };
  clock.timer(again, 1);
  await clock.run();
  expect(fired).toBeGreaterThan(10);
  expect(fired).toBeLessThan(1_000);
});
