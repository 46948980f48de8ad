import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createBus, defineContract, type EventwireError, event, task, unchecked } from "./index.js";
import { memory } from "./memory.js";

const contract = defineContract({
  "mail.send": task(unchecked<string>(), {
    attempts: 2,
    backoff: { initial: 100, factor: 1, jitter: false },
    key: (mail) => mail[0]!,
  }),
  "sum.add": task(unchecked<number>(), { result: z.number() }),
  "mail.sent": event(unchecked<string>(), { delivery: "durable" }),
});

function createOffice() {
  const clock = new VirtualClock();
  const broker = memory({ runtime: clock });
  const errors: EventwireError[] = [];
  const bus = createBus(contract, { broker, runtime: clock, onError: (error) => errors.push(error) });
  const enqueue = (...mails: string[]) => Promise.all(mails.map((mail) => bus.enqueue("mail.send", mail)));
  const pause = (milliseconds: number) => new Promise<void>((resolve) => clock.timer(resolve, milliseconds));
  return { bus, clock, errors, enqueue, pause };
}

describe("a batch", () => {
  it("is begun when it is full, or has waited, one at a time", async () => {
    const { bus, clock, enqueue, pause } = createOffice();
    const batches: [number, string[]][] = [];
    const start = clock.monotonic();
    let [now, most] = [0, 0];
    bus.workBatch(
      "mail.send",
      async (tasks) => {
        batches.push([clock.monotonic() - start, tasks.map(({ data }) => data)]);
        most = Math.max(most, ++now);
        await pause(100);
        now -= 1;
      },
      { size: 3, wait: 50 },
    );
    await clock.settle();
    await enqueue("a", "b");
    await clock.advance(49);
    expect(batches).toEqual([]);
    await clock.advance(1);
    await enqueue("c", "d", "e", "f");
    await clock.advance(1_000);
    expect(batches).toEqual([
      [50, ["a", "b"]],
      [150, ["c", "d", "e"]],
      [300, ["f"]],
    ]);
    expect(most).toBe(1);
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ waiting: 0, claimed: 0, dead: 0 });
    expect(clock.timers).toBe(0);
  });

  it("has one of each key, and the next in the next batch", async () => {
    const { bus, clock, enqueue } = createOffice();
    const batches: string[][] = [];
    bus.workBatch("mail.send", (tasks) => batches.push(tasks.map(({ data }) => data)));
    await enqueue("a1", "a2", "b1", "a3");
    await clock.advance(1_000);
    expect(batches).toEqual([["a1", "b1"], ["a2"], ["a3"]]);
  });

  it("fails whole when its worker throws, and those alone that are made to fail", async () => {
    const { bus, clock, enqueue, errors } = createOffice();
    const batches: string[][] = [];
    let down = true;
    bus.workBatch("mail.send", async (tasks) => {
      batches.push(tasks.map(({ data, attempt }) => `${data}${attempt}`));
      if (down) {
        down = false;
        throw new Error("down");
      }
      tasks.find(({ data }) => data === "b")?.fail(new Error("no such address"));
    });
    await enqueue("a", "b", "c");
    await clock.advance(1_000);
    expect(batches).toEqual([
      ["a1", "b1", "c1"],
      ["a2", "b2", "c2"],
    ]);
    expect(await bus.tasks("mail.send").dead()).toMatchObject([
      { data: "b", attempts: 2, reason: "no such address" },
    ]);
    expect(errors).toMatchObject([{ code: "Dead", attempts: 2 }]);
  });

  it("gives a result for each, or fails", async () => {
    const { bus, clock, errors } = createOffice();
    const sums = bus.tasks("sum.add");
    const receipts = await Promise.all([1, 2, 3].map((number) => bus.enqueue("sum.add", number)));
    const results = receipts.map(({ id }) => sums.result(id));
    for (const result of results) result.catch(() => undefined);
    bus.workBatch("sum.add", (tasks) => {
      tasks[1]?.fail(new Error("too much"));
      return tasks.map(({ data }) => data * 10);
    });
    await clock.advance(1_000);
    expect(await Promise.allSettled(results)).toMatchObject([
      { value: 10 },
      { reason: { code: "TaskDead", reason: "too much" } },
      { value: 30 },
    ]);
    const { id } = await bus.enqueue("sum.add", 4);
    const short = createOffice();
    short.bus.workBatch("sum.add", () => []);
    await short.bus.enqueue("sum.add", 4);
    await short.clock.advance(1_000);
    expect(short.errors).toMatchObject([{ code: "Dead", cause: { code: "Misuse" } }]);
    await clock.advance(1_000);
    expect(await sums.result(id)).toBe(40);
    expect(errors).toMatchObject([{ code: "Dead" }]);
  });

  it("is without those that middleware refuses, and begins without waiting for them", async () => {
    const { bus, clock, enqueue } = createOffice();
    const seen: string[] = [];
    bus.use({
      async work(task, next) {
        seen.push(task.name);
        if (task.data === "bad") throw new Error("refused");
        await next();
        seen.push("done");
      },
    });
    const batches: string[][] = [];
    bus.workBatch("mail.send", (tasks) => batches.push(tasks.map(({ data }) => data)));
    await enqueue("bad", "good");
    await clock.advance(1_000);
    expect(batches).toEqual([["good"]]);
    expect(seen.filter((one) => one === "done")).toHaveLength(1);
    expect(await bus.tasks("mail.send").dead()).toMatchObject([{ reason: "refused" }]);
  });

  it("that takes longer than its timeout has failed, and its tasks are tried again", async () => {
    const { bus, clock, enqueue } = createOffice();
    const reasons: unknown[] = [];
    let hang = true;
    bus.workBatch(
      "mail.send",
      async (tasks) => {
        for (const { signal } of tasks) signal.addEventListener("abort", () => reasons.push(signal.reason));
        if (hang) await new Promise(() => undefined);
      },
      { timeout: 500 },
    );
    await enqueue("a", "b");
    await clock.advance(300);
    hang = false;
    await clock.advance(1_000);
    expect(reasons).toMatchObject([{ code: "AttemptTimeout" }, { code: "AttemptTimeout" }]);
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ waiting: 0, claimed: 0, dead: 0 });
  });

  it("leaves for each of its tasks what was said, with its end, and nothing for one that failed", async () => {
    const { bus, clock, enqueue } = createOffice();
    const heard: string[] = [];
    bus.on("mail.sent", (mail, { cause }) => heard.push(`${mail} by ${cause[0]?.name}`));
    bus.workBatch("mail.send", (tasks) => {
      for (const { data, onDone, fail } of tasks) {
        onDone.emit("mail.sent", data);
        if (data === "c") fail(new Error("no"));
      }
    });
    await enqueue("a", "b", "c");
    await clock.advance(1_000);
    expect(heard.sort()).toEqual(["a by mail.send", "b by mail.send"]);
  });

  it("is refused where its options make no sense, and ends when it is stopped", async () => {
    const { bus, clock, enqueue } = createOffice();
    const worker = vi.fn();
    for (const options of [{ size: 0 }, { wait: -1 }, { wait: Number.POSITIVE_INFINITY }, { timeout: 0 }]) {
      expect(() => bus.workBatch("mail.send", worker, options)).toThrow(/must be/);
    }
    const stop = bus.workBatch("mail.send", worker);
    await stop.ready;
    stop();
    await enqueue("a");
    await clock.advance(1_000);
    expect(worker).not.toHaveBeenCalled();
  });
});
