import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTexts } from "../fixtures/texts.js";
import { backoff } from "./backoff.js";
import { MisuseError } from "./errors/misuse-error.js";

describe("backoff", () => {
  it("doubles from 100 ms to half a minute, unless told otherwise", () => {
    const wait = backoff({ jitter: false }, Math.random);
    expect([1, 2, 3, 9, 10, 99].map(wait)).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
    expect([1, 2, 3].map(backoff({ initial: 5, factor: 3, max: 20, jitter: false }, Math.random))).toEqual([
      5, 15, 20,
    ]);
  });

  it("waits any time up to that one, by chance", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(random, fc.integer({ min: 1, max: 2_000 }), (chance, attempt) => {
        const longest = backoff({ jitter: false }, Math.random)(attempt);
        expect(backoff({}, () => chance)(attempt)).toBe(chance * longest);
      }),
    );
  });

  it.each([{ initial: -1 }, { factor: 0.5 }, { max: Number.NaN }])("refuses %o", (options) => {
    expect(() => backoff(options, Math.random)).toThrow(MisuseError);
  });

  it("stays at nothing when it begins with nothing, however many attempts there are", () => {
    expect([1, 2, 5_000].map(backoff({ initial: 0, jitter: false }, Math.random))).toEqual([0, 0, 0]);
  });

  it("may be a function of the attempt", async () => {
    const { queue, clock } = createTexts({ attempts: 3, backoff: (attempt) => attempt * 1_000 });
    queue.offer("a");
    queue.take()?.fail("broken");
    await clock.advance(1_000);
    queue.take()?.fail("broken");
    await clock.advance(1_999);
    expect(queue.take()).toBeUndefined();
    await clock.advance(1);
    expect(queue.take()?.attempt).toBe(3);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["gives no time", () => Number.NaN],
  ])("that %s is reported, and the entry is dead", (_, broken) => {
    const { queue, clock } = createTexts({ attempts: 3, backoff: broken });
    queue.offer("a");
    queue.take()?.fail("reason");
    expect(clock.uncaughtErrors).toHaveLength(1);
    expect(queue.dead()).toMatchObject([{ data: "a", attempts: 1, error: "reason" }]);
  });

  it("takes its chance from the runtime, so that what failed together does not come back together", async () => {
    const { queue, clock } = createTexts({ attempts: 2, backoff: { initial: 1_000 } });
    for (let count = 0; count < 100; count++) queue.offer(`${count}`);
    for (let entry = queue.take(); entry; entry = queue.take()) entry.fail("broken");
    const counts: number[] = [];
    for (let part = 0; part < 4; part++) {
      await clock.advance(250);
      const before = queue.stats().inFlight;
      while (queue.take());
      counts.push(queue.stats().inFlight - before);
    }
    expect(counts.reduce((sum, count) => sum + count)).toBe(100);
    for (const count of counts) expect(count).toBeGreaterThan(10);
  });
});
