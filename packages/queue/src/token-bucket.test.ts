import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTexts, takeAll } from "../fixtures/texts.js";
import { MisuseError } from "./errors/misuse-error.js";
import { TokenBucket } from "./token-bucket.js";

describe("a rate", () => {
  it("lets so many be taken at once, then one after another, evenly", async () => {
    const { queue, clock } = createTexts({ rate: { limit: 4, interval: 1_000 } });
    for (let count = 0; count < 10; count++) queue.offer(`${count}`);
    expect(takeAll(queue)).toHaveLength(4);
    await clock.advance(249);
    expect(takeAll(queue)).toHaveLength(0);
    await clock.advance(1);
    expect(takeAll(queue)).toHaveLength(1);
    await clock.advance(500);
    expect(takeAll(queue)).toHaveLength(2);
  });

  it("saves up no more than its limit", async () => {
    const { queue, clock } = createTexts({ rate: { limit: 4, interval: 1_000 } });
    await clock.advance(60_000);
    for (let count = 0; count < 10; count++) queue.offer(`${count}`);
    expect(takeAll(queue)).toHaveLength(4);
  });

  it("wakes those who work when the next may be taken, and counts further attempts", async () => {
    const { queue, clock } = createTexts({
      rate: { limit: 1, interval: 100 },
      attempts: 2,
      backoff: () => 0,
    });
    const times: number[] = [];
    queue.work((_, { attempt }) => {
      times.push(clock.monotonic());
      if (attempt === 1) throw new Error("broken");
    });
    for (const text of ["a", "b"]) queue.offer(text);
    await clock.run();
    expect(times).toEqual([0, 100, 200, 300]);
    expect(clock.timers).toBe(0);
  });

  it("sets no timer when nothing waits", async () => {
    const { queue, clock } = createTexts({ rate: { limit: 1, interval: 100 } });
    queue.work(() => undefined);
    queue.offer("a");
    await clock.settle();
    expect([queue.stats().done, clock.timers]).toEqual([1, 0]);
  });

  it.each([
    { limit: 0, interval: 1 },
    { limit: 1, interval: -1 },
    { limit: Number.POSITIVE_INFINITY, interval: 1 },
    { limit: Number.NaN, interval: 1 },
  ])("refuses %o", (rate) => {
    expect(() => createTexts({ rate })).toThrow(MisuseError);
  });
});

it("gives what a bucket gives that is filled drop by drop", () => {
  const waits = fc.array(fc.nat(300), { maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.constantFrom(1, 10, 50), waits, (limit, pace, times) => {
      const bucket = new TokenBucket({ limit, interval: limit * pace }, 0, "bucket");
      let [now, tokens, since] = [0, limit, 0];
      for (const wait of times) {
        now += wait;
        tokens = Math.min(limit, tokens + (now - since) / pace);
        since = now;
        expect(bucket.readyAt <= now).toBe(tokens >= 1 - 1e-9);
        if (tokens < 1 - 1e-9) continue;
        tokens -= 1;
        bucket.spend(now);
      }
    }),
  );
});
