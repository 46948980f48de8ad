import { expect, it } from "vitest";
import { createTexts } from "../fixtures/texts.js";

it("counts what is there and what was done", async () => {
  const { queue, clock } = createTexts({ attempts: 2, backoff: () => 1_000 });
  expect(queue.stats()).toEqual({
    ...{ at: 0, depth: 0, delayed: 0, inFlight: 0, dead: 0, producers: 0, oldestAge: 0 },
    ...{ offered: 0, done: 0, failed: 0, retried: 0, dropped: 0 },
    rates: { offered: 0, done: 0, failed: 0 },
  });
  for (const text of ["a", "b", "c"]) queue.offer(text);
  queue.offer("delayed", { delay: 3_000 });
  await clock.advance(500);
  queue.take()?.done();
  queue.take()?.fail("x");
  queue.take();
  await clock.advance(500);
  expect(queue.stats()).toEqual({
    ...{ at: 1_000, depth: 2, delayed: 2, inFlight: 1, dead: 0, producers: 0, oldestAge: 1_000 },
    ...{ offered: 4, done: 1, failed: 1, retried: 1, dropped: 0 },
    rates: { offered: 4, done: 1, failed: 1 },
  });
});

it("costs nothing to speak of, however many wait, also the first time", () => {
  const { queue } = createTexts();
  const start = performance.now();
  for (let count = 0; count < 100_000; count++) queue.offer("a", { key: count % 1_000, priority: -count });
  const offered = performance.now();
  expect(queue.stats().depth).toBe(100_000);
  // A look at each entry would take as long as the offers did.
  expect(performance.now() - offered).toBeLessThan((offered - start) / 5);
});

it("tells rates from an earlier time on, for as many who ask as there are", async () => {
  const { queue, clock } = createTexts();
  for (let count = 0; count < 100; count++) queue.offer("a");
  const first = queue.stats();
  await clock.advance(2_000);
  for (let count = 0; count < 10; count++) queue.offer("a");
  expect(queue.stats(first).rates.offered).toBe(5);
  expect(queue.stats().rates.offered).toBe(55);
  expect(queue.stats(queue.stats()).rates.offered).toBe(0);
});

it("knows the oldest among plain, delayed, blocked and returned entries", async () => {
  const { queue, clock } = createTexts();
  queue.offer("plain");
  await clock.advance(10);
  queue.offer("k", { key: "k" });
  await clock.advance(10);
  queue.offer("blocked", { key: "k" });
  expect(queue.stats().oldestAge).toBe(20);
  const plain = queue.take();
  expect(queue.stats().oldestAge).toBe(10);
  queue.take();
  expect(queue.stats().oldestAge).toBe(0);
  plain?.release();
  expect(queue.stats().oldestAge).toBe(20);
});
