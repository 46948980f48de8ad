import { describe, expect, it } from "vitest";
import { createQueue } from "./create-queue.js";
import { type Runtime, systemRuntime } from "./runtime.js";
import { Slice } from "./slice.js";

/** Time passes as it is told, and macrotasks run when they are told. */
function createTime() {
  const macrotasks: (() => void)[] = [];
  let time = 0;
  const runtime: Runtime = {
    ...systemRuntime,
    monotonic: () => time,
    macrotask: (callback) => void macrotasks.push(callback),
  };
  return {
    runtime,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    turn: () => {
      for (const callback of macrotasks.splice(0)) callback();
    },
  };
}

describe("a slice", () => {
  it.each([0.001, 0.05, 0.4, 1, 3])("is over soon after 5 ms of steps of %d ms", (step) => {
    const { runtime, pass, turn } = createTime();
    let calls = 0;
    const slice = new Slice(runtime, () => calls++);
    for (let round = 0; round < 3; round++) {
      let spent = 0;
      while (slice.goesOn()) {
        pass(step);
        spent += step;
      }
      expect(spent).toBeGreaterThan(4.999);
      expect(spent).toBeLessThan(5 + 17 * step);
      expect(spent).toBeLessThan(9);
      expect([slice.goesOn(), calls]).toEqual([false, round]);
      turn();
      expect(calls).toBe(round + 1);
    }
  });

  it("is not over when the event loop has had its turn meanwhile", () => {
    const { runtime, pass, turn } = createTime();
    let calls = 0;
    const slice = new Slice(runtime, () => calls++);
    for (let step = 0; step < 100; step++) {
      expect(slice.goesOn()).toBe(true);
      pass(3);
      turn();
    }
    expect(calls).toBe(0);
  });

  it("notices a step that is suddenly long, within 16 steps", () => {
    const { runtime, pass } = createTime();
    const slice = new Slice(runtime, () => undefined);
    for (let step = 0; step < 500; step++) {
      expect(slice.goesOn()).toBe(true);
      pass(0.001);
    }
    let steps = 0;
    for (; slice.goesOn(); steps++) pass(4);
    expect(steps).toBeLessThanOrEqual(17);
  });
});

describe("long work", () => {
  /** How long the event loop was kept from its turn, at the longest, and how often it had one. */
  async function turnsWhile(busy: () => Promise<unknown>): Promise<{ longest: number; count: number }> {
    let [longest, count, over, last] = [0, 0, false, performance.now()];
    const watching = (async () => {
      while (!over) {
        await new Promise<void>((resolve) => systemRuntime.macrotask(resolve));
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        count += 1;
      }
    })();
    await busy();
    over = true;
    await watching;
    return { longest, count };
  }

  const spin = (milliseconds: number) => {
    for (const end = performance.now() + milliseconds; performance.now() < end; );
  };

  it.each([
    ["plain work", () => spin(0.1)],
    ["work that gives promises", async () => spin(0.1)],
  ])("of a thousand entries lets the event loop breathe: %s", async (_, work) => {
    const queue = createQueue<number>();
    for (let count = 0; count < 1_000; count++) queue.offer(count);
    queue.work(work, { concurrency: 4 });
    // 100 ms of work; a busy machine may make the turns fewer, never the work one piece.
    const { count } = await turnsWhile(() => queue.drain());
    expect(count).toBeGreaterThan(5);
    expect(queue.stats().done).toBe(1_000);
  });

  it("of a loop lets the event loop breathe, also where its body never waits", async () => {
    const queue = createQueue<number>();
    for (let count = 0; count < 1_000; count++) queue.offer(count);
    const loop = (async () => {
      for await (const _ of queue.entries()) spin(0.1);
    })();
    const { count } = await turnsWhile(() => queue.drain());
    expect(count).toBeGreaterThan(5);
    await queue.close();
    await loop;
  });

  it("of a producer and a consumer that wait for nothing but each other lets the event loop breathe", async () => {
    const queue = createQueue<number>({ capacity: 1, overflow: "wait" });
    queue.work(() => spin(0.05));
    const { count } = await turnsWhile(async () => {
      for (let offered = 0; offered < 2_000; offered++) await queue.offer(offered);
      await queue.drain();
    });
    expect(count).toBeGreaterThan(5);
  });

  it("of dropping a hundred thousand entries at the end is cut as well", async () => {
    const dropped: number[] = [];
    const queue = createQueue<number>({ onDrop: ({ data }) => dropped.push(data) });
    for (let count = 0; count < 100_000; count++) queue.offer(count);
    await queue.close({ drain: 0 });
    expect(dropped).toHaveLength(100_000);
    expect(dropped.every((data, index) => data === index)).toBe(true);
  });
});
