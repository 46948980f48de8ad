import { describe, expect, it, vi } from "vitest";
import { createTexts, deferred } from "../fixtures/texts.js";
import { AttemptTimeoutError } from "./errors/attempt-timeout-error.js";
import { MisuseError } from "./errors/misuse-error.js";

/** What other promise libraries give; it rejects. */
class Thenable {
  constructor(readonly reason: string) {}

  // biome-ignore lint/suspicious/noThenProperty: it is meant to be one.
  then(_: unknown, reject: (reason: string) => void): void {
    reject(this.reason);
  }
}

describe("work", () => {
  it("is done on what waits and on what comes, after the offer, in order", async () => {
    const { queue, clock } = createTexts();
    const seen: string[] = [];
    queue.offer("waiting");
    queue.work((text) => seen.push(text));
    queue.offer("offered");
    expect(seen).toEqual([]);
    await clock.settle();
    expect(seen).toEqual(["waiting", "offered"]);
    queue.offer("later");
    await clock.settle();
    expect(seen).toEqual(["waiting", "offered", "later"]);
    expect(queue.stats()).toMatchObject({ depth: 0, inFlight: 0, done: 3 });
  });

  it("takes an offer that it makes itself after the entry under way", async () => {
    const { queue, clock } = createTexts();
    const seen: string[] = [];
    queue.work((text) => {
      seen.push(`${text} begins`);
      if (text === "a") queue.offer("b");
      seen.push(`${text} ends`);
    });
    queue.offer("a");
    await clock.settle();
    expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("goes on with as many at once as it may, and begins another when one ends", async () => {
    const { queue, clock } = createTexts();
    const ends = new Map<string, () => void>();
    queue.work((text) => new Promise<void>((resolve) => ends.set(text, resolve)), { concurrency: 2 });
    for (const text of ["a", "b", "c", "d"]) queue.offer(text);
    await clock.settle();
    expect([...ends.keys()]).toEqual(["a", "b"]);
    ends.get("b")?.();
    await clock.settle();
    expect([...ends.keys()]).toEqual(["a", "b", "c"]);
    expect(queue.stats()).toMatchObject({ inFlight: 2, depth: 1, done: 1 });
  });

  it("has failed when it throws, rejects, or gives a thenable that does", async () => {
    const { queue, clock } = createTexts();
    queue.work((text) => {
      if (text === "throws") throw text;
      if (text === "rejects") return Promise.reject(text);
      return text === "thenable" ? new Thenable(text) : null;
    });
    for (const text of ["throws", "rejects", "thenable", "fine"]) queue.offer(text);
    await clock.settle();
    expect(queue.dead().map(({ error }) => error)).toEqual(["throws", "rejects", "thenable"]);
    expect(queue.stats()).toMatchObject({ done: 1, failed: 3, dead: 3 });
  });

  it("may settle its entry itself; what it gives or throws then does not count", async () => {
    const { queue, clock } = createTexts({ attempts: 3 });
    const attempts: string[] = [];
    queue.work(async (text, entry) => {
      attempts.push(`${text} ${entry.attempt} at ${clock.monotonic()}`);
      if (entry.attempt > 1) return;
      if (text === "retried") entry.retry(50);
      if (text === "buried") for (let count = 0; count < 2; count++) entry.fail("no use");
      throw new Error("after it was settled");
    });
    for (const text of ["retried", "buried"]) queue.offer(text);
    await clock.run();
    expect(attempts).toContain("retried 2 at 50");
    expect(queue.stats()).toMatchObject({ failed: 2, retried: 2, done: 2 });
  });

  it("fails when it takes too long: its signal aborts, its key and its place are free, its end has no effect", async () => {
    const { queue, clock } = createTexts();
    const slow = deferred();
    const signals: AbortSignal[] = [];
    const seen: string[] = [];
    queue.work(
      (text, { signal }) => {
        seen.push(text);
        signals.push(signal);
        return text === "slow" ? slow.promise : undefined;
      },
      { timeout: 100 },
    );
    for (const text of ["slow", "next"]) queue.offer(text, { key: "k" });
    await clock.advance(99);
    expect([seen, signals[0]?.aborted]).toEqual([["slow"], false]);
    await clock.advance(1);
    expect(seen).toEqual(["slow", "next"]);
    expect(signals[0]?.reason).toBeInstanceOf(AttemptTimeoutError);
    expect(queue.dead()).toMatchObject([{ data: "slow", error: { code: "AttemptTimeout", about: "texts" } }]);
    slow.resolve();
    await clock.settle();
    expect(queue.stats()).toMatchObject({ done: 1, failed: 1, dead: 1, inFlight: 0 });
    expect(signals[1]?.aborted).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it("does not let the late end of one attempt end another", async () => {
    const { queue, clock } = createTexts({ attempts: 2, backoff: () => 10 });
    const ends = [deferred(), deferred()];
    queue.work((_, { attempt }) => ends[attempt - 1]?.promise, { timeout: 100 });
    queue.offer("a");
    await clock.advance(110);
    expect(queue.stats()).toMatchObject({ inFlight: 1, failed: 1, retried: 1 });
    ends[0]?.reject(new Error("late"));
    await clock.settle();
    expect(queue.stats()).toMatchObject({ inFlight: 1, failed: 1, done: 0 });
    ends[1]?.resolve();
    await clock.settle();
    expect(queue.stats()).toMatchObject({ inFlight: 0, failed: 1, done: 1 });
  });

  it.each(["dispose", "abort", "using"])(
    "begins nothing more after %s, and lets what is under way end",
    async (how) => {
      const { queue, clock } = createTexts();
      const controller = new AbortController();
      const first = deferred();
      const work = vi.fn(() => first.promise);
      const stop = queue.work(work, { signal: controller.signal });
      for (const text of ["a", "b"]) queue.offer(text);
      await clock.settle();
      if (how === "abort") controller.abort();
      else if (how === "using") stop[Symbol.dispose]();
      else stop();
      stop();
      first.resolve();
      await clock.settle();
      expect(work).toHaveBeenCalledOnce();
      expect(queue.stats()).toMatchObject({ done: 1, depth: 1, inFlight: 0 });
    },
  );

  it("may be stopped by what it does", async () => {
    const { queue, clock } = createTexts();
    const seen: string[] = [];
    const stop = queue.work((text) => {
      seen.push(text);
      stop();
    });
    for (const text of ["a", "b"]) queue.offer(text);
    await clock.settle();
    expect(seen).toEqual(["a"]);
  });

  it("does not begin when its signal has aborted", async () => {
    const { queue, clock } = createTexts();
    const work = vi.fn();
    queue.offer("a");
    queue.work(work, { signal: AbortSignal.abort() })();
    await clock.settle();
    expect(work).not.toHaveBeenCalled();
  });

  it("takes turns with other work, loops and each other, one entry a turn", async () => {
    const { queue, clock } = createTexts();
    const seen: Record<string, number> = { one: 0, other: 0, loop: 0 };
    queue.work(() => void seen.one!++);
    queue.work(() => void seen.other!++);
    void (async () => {
      for await (const _ of queue.entries()) seen.loop!++;
    })();
    for (let count = 0; count < 300; count++) queue.offer("a");
    await clock.settle();
    expect(seen.one! + seen.other! + seen.loop!).toBe(300);
    expect(Math.abs(seen.one! - seen.other!)).toBeLessThanOrEqual(1);
    expect(seen.loop).toBeGreaterThan(0);
  });

  it("shares entries evenly where work takes a while, whatever the concurrency", async () => {
    const { queue, clock } = createTexts();
    const seen = { wide: 0, narrow: 0 };
    const by = (name: keyof typeof seen) => () => {
      seen[name] += 1;
      return new Promise<void>((resolve) => clock.timer(resolve, 10));
    };
    queue.work(by("wide"), { concurrency: 3 });
    queue.work(by("narrow"));
    for (let count = 0; count < 40; count++) queue.offer("a");
    await clock.run();
    expect(seen).toEqual({ wide: 30, narrow: 10 });
  });

  it("sees a delayed entry when it is due, and sets no timer when nobody works", async () => {
    const { queue, clock } = createTexts();
    queue.offer("delayed", { delay: 100 });
    expect(clock.timers).toBe(0);
    const times: number[] = [];
    const stop = queue.work(() => times.push(clock.monotonic()));
    await clock.advance(50);
    queue.offer("sooner", { delay: 10 });
    await clock.advance(1_000);
    expect(times).toEqual([60, 100]);
    queue.offer("unseen", { delay: 100 });
    await clock.advance(10);
    stop();
    expect(clock.timers).toBe(0);
  });

  it("sets no timer any more for a delayed entry that was dropped", async () => {
    const { queue, clock } = createTexts({ capacity: 1, overflow: "drop-oldest" });
    queue.work(() => undefined);
    queue.offer("delayed", { delay: 3_600_000 });
    await clock.settle();
    expect(clock.timers).toBe(1);
    queue.offer("at once");
    await clock.settle();
    expect(clock.timers).toBe(0);
  });

  it.each([
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: Number.NaN },
    { timeout: -1 },
    { timeout: Number.NaN },
  ])("refuses %o", (options) => {
    expect(() => createTexts().queue.work(() => undefined, options)).toThrow(MisuseError);
  });
});
