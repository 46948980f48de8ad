import { expect, it, vi } from "vitest";
import { createShop, step } from "../fixtures/shop.js";
import type { Inspection, TaskContext } from "./index.js";

it("costs no attempt, is no failure, and is done by others after a second, while its worker goes on", async () => {
  const { bus, open, clock, errors } = createShop();
  const told: Inspection[] = [];
  bus.inspect((inspection) => inspection.type.startsWith("task.") && told.push(inspection));
  const seen: unknown[] = [];
  let signal: AbortSignal | undefined;
  bus.work("mail.send", (mail, task) => {
    seen.push(["one", mail, task.attempt]);
    signal ??= task.signal;
    return mail === "a" && task.release();
  });
  const { id } = await bus.enqueue("mail.send", "a");
  await bus.enqueue("mail.send", "b");
  await clock.settle();
  expect(seen).toEqual([
    ["one", "a", 1],
    ["one", "b", 1],
  ]);
  expect(signal?.aborted).toBe(true);
  expect(await bus.tasks("mail.send").counts()).toMatchObject({ delayed: 1, claimed: 0, dead: 0 });
  expect(told.find(({ type }) => type === "task.released")).toMatchObject({ id, attempt: 1, delay: 1_000 });
  await clock.until(bus.close());
  open().work("mail.send", (mail, { attempt }) => seen.push(["other", mail, attempt]));
  await clock.advance(999);
  expect(seen).toHaveLength(2);
  await clock.advance(1);
  expect(seen.slice(2)).toEqual([["other", "a", 1]]);
  expect(errors).toEqual([]);
});

it("is offered to a worker at most once a second, whatever the delay, and to others at once where there is none", async () => {
  const { bus, open, clock, errors } = createShop();
  const offered: number[] = [];
  await bus.enqueue("mail.send", "a");
  const stop = bus.work("mail.send", (_, task) => {
    expect(task.attempt).toBe(1);
    offered.push(clock.monotonic());
    return task.release({ delay: offered.length % 2 });
  });
  await clock.advance(10_000);
  expect(offered.length).toBeGreaterThan(8);
  for (const [index, time] of offered.slice(1).entries()) {
    expect(time - offered[index]!).toBeGreaterThanOrEqual(1_000);
  }
  const done: unknown[] = [];
  open().work("mail.send", (mail, { attempt }) => done.push([mail, attempt, clock.monotonic()]));
  await clock.advance(1_000);
  expect(done).toEqual([["a", 1, expect.any(Number)]]);
  stop();
  expect(errors).toEqual([]);
});

it("has no effect any more, whatever its worker still does, and leaves nothing of onDone", async () => {
  const { bus, clock, errors, broker } = createShop();
  const heard = vi.fn();
  bus.on("note.kept", heard);
  let kept: TaskContext | undefined;
  const said: unknown[] = [];
  bus.work("mail.send", async (_, task) => {
    kept = task;
    if (said.length > 0) return;
    task.onDone.emit("note.kept", 1);
    task.release({ delay: 5_000 });
    task.release({ delay: 0 });
    said.push(await task.progress(1).catch((error: Error) => error.name));
    throw new Error("too late");
  });
  const { id } = await bus.enqueue("mail.send", "a");
  await clock.advance(4_999);
  expect(said).toEqual(["AbortError"]);
  expect(await bus.tasks("mail.send").state(id)).toMatchObject({ state: "delayed", attempt: 0 });
  await clock.advance(1);
  expect(await bus.tasks("mail.send").state(id)).toBeUndefined();
  const settled = broker.count("settle");
  kept!.release();
  await clock.settle();
  expect(broker.count("settle")).toBe(settled);
  expect(heard).not.toHaveBeenCalled();
  expect(errors).toEqual([]);
});

it("holds up its key until it is due, and keeps its place", async () => {
  const { bus, clock } = createShop();
  const done: number[] = [];
  let declines = true;
  bus.work("order.pack", ({ step }, task) => {
    if (!declines) return done.push(step);
    declines = false;
    return task.release();
  });
  await bus.enqueue("order.pack", step("a", 1));
  await bus.enqueue("order.pack", step("a", 2));
  await clock.advance(900);
  expect(done).toEqual([]);
  await clock.advance(100);
  expect(done).toEqual([1, 2]);
});

it("may be one of a batch, whose others are done", async () => {
  const { bus, clock, errors } = createShop();
  const batches: unknown[] = [];
  bus.workBatch("mail.send", (tasks) => {
    batches.push(tasks.map(({ data, attempt }) => `${data} ${attempt}`));
    for (const task of tasks) if (task.data === "b" && batches.length === 1) task.release();
  });
  for (const mail of ["a", "b", "c"]) await bus.enqueue("mail.send", mail);
  await clock.advance(2_000);
  expect(batches).toEqual([["a 1", "b 1", "c 1"], ["b 1"]]);
  expect(await bus.tasks("mail.send").counts()).toMatchObject({
    waiting: 0,
    claimed: 0,
    delayed: 0,
    dead: 0,
  });
  expect(errors).toEqual([]);
});

it("is refused, and goes on, where the delay makes no sense", async () => {
  const { bus, clock } = createShop();
  const codes: unknown[] = [];
  bus.work("mail.send", (_, task) => {
    for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      try {
        task.release({ delay });
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    }
  });
  const { id } = await bus.enqueue("mail.send", "a");
  await clock.settle();
  expect(codes).toEqual(["Misuse", "Misuse", "Misuse"]);
  expect(await bus.tasks("mail.send").state(id)).toBeUndefined();
});
