import { describe, expect, it } from "vitest";
import { createQueue } from "./create-queue.js";
import type { Entry } from "./entry.js";
import type { Queue, QueueOptions } from "./queue.js";
import { VirtualClock } from "./virtual-clock.js";

function create(options?: Partial<QueueOptions<string>>) {
  const clock = new VirtualClock();
  return { clock, queue: createQueue<string>({ runtime: clock, ...options }) };
}

function takeAll(queue: Queue<string>): Entry<string>[] {
  return Array.from({ length: queue.size }, () => queue.take()).filter((entry) => entry !== undefined);
}

const data = (entries: readonly Entry<string>[]) => entries.map((entry) => entry.data);

describe("taking", () => {
  it("gives entries in the order in which they were offered, and nothing when none waits", () => {
    const { queue } = create();
    for (const text of ["a", "b", "c"]) queue.offer(text);
    expect(data(takeAll(queue))).toEqual(["a", "b", "c"]);
    expect(queue.take()).toBeUndefined();
  });

  it("gives larger priorities first, and those of one priority in the order of offers", () => {
    const { queue } = create();
    queue.offer("plain 1");
    queue.offer("low", { priority: -1 });
    queue.offer("high 1", { priority: 5 });
    queue.offer("plain 2");
    queue.offer("high 2", { priority: 5 });
    queue.offer("higher", { priority: 5.5 });
    expect(data(takeAll(queue))).toEqual(["higher", "high 1", "high 2", "plain 1", "plain 2", "low"]);
  });

  it("gives a delayed entry when it is due, in its place among the others", async () => {
    const { queue, clock } = create();
    queue.offer("later", { delay: 100 });
    queue.offer("soon", { delay: 50 });
    expect(queue.take()).toBeUndefined();
    await clock.advance(49);
    expect(queue.take()).toBeUndefined();
    await clock.advance(51);
    queue.offer("now");
    expect(data(takeAll(queue))).toEqual(["later", "soon", "now"]);
  });

  it("gives one entry of a key at a time, and those of other keys meanwhile", () => {
    const { queue } = create();
    for (const [text, key] of [
      ["a1", "a"],
      ["a2", "a"],
      ["b1", "b"],
      ["none", undefined],
      ["b2", "b"],
    ] as const)
      queue.offer(text, { key });
    const [a1, b1, none] = takeAll(queue);
    expect([a1?.data, b1?.data, none?.data]).toEqual(["a1", "b1", "none"]);
    b1?.done();
    expect(queue.take()?.data).toBe("b2");
    expect(queue.take()).toBeUndefined();
    a1?.done();
    expect(queue.take()?.data).toBe("a2");
  });

  it("gives hundreds of a key in their order, whatever comes and goes meanwhile", () => {
    const { queue } = create({ capacity: 150, overflow: "drop-oldest" });
    const waiting: { id: number; priority: number }[] = [];
    const seen: number[] = [];
    const expected: number[] = [];
    for (let id = 1; id <= 600; id++) {
      const priority = (id * 7) % 3;
      queue.offer("a", { key: "k", priority });
      waiting.push({ id, priority });
      if (waiting.length > 150) waiting.shift();
      if (id % 3 > 0) continue;
      const entry = queue.take()!;
      seen.push(entry.id);
      const [first] = waiting.toSorted((a, b) => b.priority - a.priority || a.id - b.id);
      waiting.splice(waiting.indexOf(first!), 1);
      expected.push(first!.id);
      expect(queue.take()).toBeUndefined();
      entry.done();
    }
    expect(seen).toEqual(expected);
  });

  it("holds a key through its retries, and no other key", async () => {
    const { queue, clock } = create();
    queue.offer("a1", { key: "a" });
    queue.offer("a2", { key: "a", priority: 9 });
    queue.offer("a3", { key: "a" });
    const a2 = queue.take();
    a2?.retry(1_000);
    queue.offer("b1", { key: "b" });
    expect(data(takeAll(queue))).toEqual(["b1"]);
    await clock.advance(1_000);
    const again = queue.take();
    expect([again?.data, again?.attempt, again?.id]).toEqual(["a2", 2, a2?.id]);
    again?.done();
    expect(queue.take()?.data).toBe("a1");
  });

  it("gives a released entry again in its place, as if it had not been taken", () => {
    const { queue } = create();
    for (const text of ["a", "b", "c"]) queue.offer(text, { key: text === "c" ? undefined : "key" });
    const a = queue.take();
    expect(a?.release()).toBe(true);
    const again = queue.take();
    expect([again?.data, again?.attempt]).toEqual(["a", 1]);
    expect(queue.take()?.data).toBe("c");
  });

  it("does not let a delayed entry hold up others of its key, nor jump one under way", async () => {
    const { queue, clock } = create();
    queue.offer("first", { key: "k", delay: 10 });
    queue.offer("second", { key: "k" });
    const second = queue.take();
    expect(second?.data).toBe("second");
    await clock.advance(10);
    expect(queue.take()).toBeUndefined();
    second?.done();
    expect(queue.take()?.data).toBe("first");
  });
});

describe("settling", () => {
  it("has an effect once, and none through an entry whose attempt is over", () => {
    const { queue } = create();
    queue.offer("a");
    const first = queue.take();
    expect(first?.retry()).toBe(true);
    const second = queue.take();
    for (const late of [first?.done(), first?.retry(), first?.fail("late"), first?.release()])
      expect(late).toBe(false);
    expect(queue.stats()).toMatchObject({ inFlight: 1, done: 0, failed: 1 });
    expect(second?.done()).toBe(true);
    expect(second?.done()).toBe(false);
    expect(queue.stats()).toMatchObject({ inFlight: 0, done: 1, failed: 1, retried: 1, depth: 0 });
  });

  it("makes a failed entry wait longer each time, then a dead letter, which can be redriven", async () => {
    const { queue, clock } = create({ attempts: 3, backoff: { initial: 10, jitter: false } });
    queue.offer("a", { key: "k" });
    queue.offer("b", { key: "k" });
    for (const wait of [10, 20]) {
      queue.take()?.fail(new Error("broken"));
      await clock.advance(wait - 1);
      expect(queue.take()).toBeUndefined();
      await clock.advance(1);
    }
    queue.take()?.fail("for good");
    expect(queue.dead()).toMatchObject([{ data: "a", key: "k", attempts: 3, error: "for good", id: 1 }]);
    const b = queue.take();
    expect(b?.data).toBe("b");
    expect([queue.redrive([7]), queue.redrive([1]), queue.redrive("all")]).toEqual([0, 1, 0]);
    expect(queue.take()).toBeUndefined();
    b?.done();
    expect(queue.take()).toMatchObject({ data: "a", attempt: 1, id: 1 });
  });
});

describe("entries that come due at once", () => {
  it("are taken by priority, also when they are hundreds", async () => {
    const { queue, clock } = create();
    for (let count = 0; count < 500; count++) queue.offer(`${count}`, { delay: 10, priority: count });
    await clock.advance(10);
    expect(queue.take()?.data).toBe("499");
  });

  it("are taken behind thousands of a key that is blocked", async () => {
    const { queue, clock } = create();
    queue.offer("under way", { key: "blocked" });
    queue.take();
    for (let count = 0; count < 5_000; count++) queue.offer("waits", { delay: 10, key: "blocked" });
    queue.offer("free", { delay: 10 });
    await clock.advance(10);
    expect(queue.take()?.data).toBe("free");
    expect(queue.take()).toBeUndefined();
  });
});

describe("a watcher", () => {
  it("is told of what is there when it begins, whoever else had his hands full", async () => {
    const { queue, clock } = create();
    queue.work(() => new Promise(() => undefined));
    for (const text of ["a", "b"]) queue.offer(text);
    await clock.settle();
    const seen: (string | undefined)[] = [];
    queue.watch(() => seen.push(queue.take()?.data));
    await clock.settle();
    expect(seen).toEqual(["b"]);
  });

  it("is told when something may be due after nothing was", async () => {
    const { queue, clock } = create();
    const taken: string[] = [];
    const stop = queue.watch(() => {
      for (let entry = queue.take(); entry; entry = queue.take()) {
        taken.push(`${entry.data} ${clock.monotonic()}`);
        clock.timer(entry.done.bind(entry), 5);
      }
    });
    queue.offer("delayed", { delay: 100 });
    queue.offer("k1", { key: "k" });
    queue.offer("k2", { key: "k" });
    expect(taken).toEqual([]);
    await clock.advance(1_000);
    expect(taken).toEqual(["k1 0", "k2 5", "delayed 100"]);
    stop();
    queue.offer("unseen", { delay: 1 });
    await clock.advance(10);
    expect(taken).toHaveLength(3);
    expect(clock.timers).toBe(0);
  });
});
