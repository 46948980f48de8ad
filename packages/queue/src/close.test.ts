import { describe, expect, it, vi } from "vitest";
import { createTexts, deferred, takeAll } from "../fixtures/texts.js";
import { ClosedError } from "./errors/closed-error.js";
import { MisuseError } from "./errors/misuse-error.js";

describe("pausing", () => {
  it("takes nothing, and lets what is under way end", async () => {
    const { queue, clock } = createTexts();
    const seen: string[] = [];
    queue.work((text) => seen.push(text));
    queue.pause();
    queue.offer("a");
    await clock.settle();
    expect([queue.paused, seen, queue.take()]).toEqual([true, [], undefined]);
    queue.resume();
    await clock.settle();
    expect([queue.paused, seen]).toEqual([false, ["a"]]);
  });

  it("lets what came due meanwhile go on when it is over", async () => {
    const { queue, clock } = createTexts();
    const times: number[] = [];
    queue.work(() => times.push(clock.monotonic()));
    queue.pause();
    queue.offer("a", { delay: 10 });
    await clock.advance(100);
    queue.resume();
    await clock.settle();
    expect(times).toEqual([100]);
  });
});

describe("draining", () => {
  it("resolves when nothing waits, is delayed, comes back or is in flight", async () => {
    const { queue, clock } = createTexts({ attempts: 2, backoff: () => 100 });
    let drained = false;
    const slow = deferred();
    queue.offer("delayed", { delay: 50 });
    queue.offer("fails");
    queue.offer("slow");
    queue.work((text, { attempt }) => {
      if (text === "fails" && attempt === 1) throw new Error("broken");
      return text === "slow" ? slow.promise : undefined;
    });
    void queue.drain().then(() => {
      drained = true;
    });
    await clock.advance(1_000);
    expect(drained).toBe(false);
    slow.resolve();
    await clock.settle();
    expect([drained, queue.stats().done]).toEqual([true, 3]);
    await queue.drain();
  });

  it("waits for entries that come meanwhile, and for offers that wait for room", async () => {
    const { queue, clock } = createTexts({ capacity: 1, overflow: "wait" });
    queue.offer("a");
    void queue.offer("b");
    const drained = queue.drain();
    const seen: string[] = [];
    queue.work((text) => {
      seen.push(text);
      if (text === "a") void queue.offer("c");
    });
    await Promise.all([drained, clock.run()]);
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("ends with an error when its signal aborts", async () => {
    const { queue } = createTexts();
    queue.offer("a");
    await expect(queue.drain({ signal: AbortSignal.abort("no") })).rejects.toMatchObject({
      code: "Aborted",
      cause: "no",
    });
    const controller = new AbortController();
    const drained = queue.drain({ signal: controller.signal });
    controller.abort();
    await expect(drained).rejects.toMatchObject({ code: "Aborted" });
  });
});

describe("closing", () => {
  it("takes nothing in, lets consumers work on what is there, and then ends them", async () => {
    const { queue, clock, dropped } = createTexts({ attempts: 2, backoff: () => 20 });
    const seen: string[] = [];
    queue.offer("a");
    queue.offer("fails");
    queue.work((text, { attempt }) => {
      seen.push(text);
      if (text === "fails" && attempt === 1) throw new Error("broken");
    });
    const closed = queue.close();
    expect(queue.closed).toBe(true);
    expect(() => queue.offer("b")).toThrow(ClosedError);
    expect(() => queue.redrive("all")).toThrow(ClosedError);
    await clock.advance(20);
    await closed;
    expect([seen, dropped, clock.timers]).toEqual([["a", "fails", "fails"], [], 0]);
  });

  it("drops what still waits when time is up, and tells of each, the oldest first", async () => {
    const { queue, clock, dropped } = createTexts();
    queue.offer("later", { delay: 60_000 });
    queue.offer("urgent", { priority: 9 });
    const closed = queue.close({ drain: 100 });
    await clock.advance(99);
    expect(dropped).toEqual([]);
    await clock.advance(1);
    await closed;
    expect(dropped).toMatchObject([
      { id: 1, data: "later", reason: "closed" },
      { id: 2, data: "urgent", reason: "closed" },
    ]);
    expect(queue.stats()).toMatchObject({ depth: 0, dropped: 2 });
  });

  it("aborts the signals of what is in flight; what comes of it counts, but does not wait again", async () => {
    const { queue, dropped } = createTexts({ attempts: 2 });
    for (const text of ["done", "fails", "retried", "released", "dies"]) queue.offer(text);
    const [done, fails, retried, released, dies] = takeAll(queue);
    const before = done?.signal;
    await queue.close({ drain: 0 });
    expect(before?.reason).toBeInstanceOf(ClosedError);
    expect(fails?.signal.reason).toBeInstanceOf(ClosedError);
    expect([done?.done(), fails?.fail("x"), retried?.retry(), released?.release()]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(dropped.map(({ data, reason }) => `${data} ${reason}`)).toEqual([
      "fails closed",
      "retried closed",
      "released closed",
    ]);
    expect(queue.stats()).toMatchObject({ done: 1, failed: 2, retried: 0, inFlight: 1, depth: 0 });
    const drained = queue.drain();
    dies?.done();
    await drained;
  });

  it("gives no more than one end, to whoever asks", async () => {
    const { queue } = createTexts();
    expect(queue.close({ drain: 0 })).toBe(queue.close());
    await queue.close();
    expect(() => queue.close({ drain: -1 })).toThrow(MisuseError);
  });

  it("lets consumers that come after it end at once", async () => {
    const { queue, clock } = createTexts();
    await queue.close({ drain: 0 });
    const work = vi.fn();
    queue.work(work)();
    queue.watch(work)();
    await clock.settle();
    expect([work.mock.calls, queue.take()]).toEqual([[], undefined]);
  });

  it("may be asked for by what the queue tells, in the middle of an offer", async () => {
    const told: string[] = [];
    const { queue } = createTexts({
      capacity: 1,
      overflow: "drop-oldest",
      onDrop: ({ data, reason }) => {
        told.push(`${data} ${reason}`);
        void queue.close({ drain: 0 });
      },
    });
    for (const text of ["a", "b"]) queue.offer(text);
    await queue.close();
    expect(told).toEqual(["a overflow", "b closed"]);
    expect(queue.size).toBe(0);
  });

  it("leaves dead letters to be read", async () => {
    const { queue } = createTexts();
    queue.offer("a");
    queue.take()?.fail("broken");
    await queue.close();
    expect(queue.dead()).toMatchObject([{ data: "a" }]);
  });
});
