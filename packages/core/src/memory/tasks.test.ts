import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import type { NewTask, TaskOutcome, TaskQuery } from "../broker.js";
import { type MemoryOptions, memory } from "../memory.js";

const none = { waiting: 0, delayed: 0, claimed: 0, dead: 0 };

async function createTasks(options: MemoryOptions = {}) {
  const clock = new VirtualClock({ start: 1_000 });
  const broker = memory({ runtime: clock, ...options });
  await broker.open();
  const { tasks } = broker;
  const task = (id: string, changes: Partial<NewTask> = {}): NewTask => {
    return { id, name: "a", key: undefined, time: clock.now(), body: Uint8Array.of(1), ...changes };
  };
  const claim = (query: Partial<TaskQuery> = {}) =>
    tasks.claim({ names: ["a"], owner: "w", lease: 1_000, limit: 10, ...query });
  const ids = async (query: Partial<TaskQuery> = {}) => (await claim(query)).map(({ id }) => id);
  const settle = async (id: string, token: number, outcome: TaskOutcome) =>
    (await tasks.settle([{ id, token, outcome }]))[0];
  return { clock, tasks, task, claim, ids, settle };
}

describe("the memory broker's tasks", () => {
  it("are claimed across names by priority, then in the order in which they came", async () => {
    const { tasks, task, ids } = await createTasks();
    await tasks.enqueue([
      task("1", { name: "b" }),
      task("2"),
      task("3", { priority: 1 }),
      task("4", { name: "b", priority: 2 }),
      task("5"),
    ]);
    expect(await ids({ names: ["a", "b"], limit: 3 })).toEqual(["4", "3", "1"]);
    expect(await tasks.counts("b")).toEqual({ ...none, claimed: 2 });
    expect(await ids({ names: ["a", "b"] })).toEqual(["2", "5"]);
  });

  it("come back when their lease is over, as another attempt, and fence who had them", async () => {
    const { clock, tasks, task, claim, ids, settle } = await createTasks();
    await tasks.enqueue([task("1", { key: "k" }), task("2", { key: "k" })]);
    const [first] = await claim();
    await clock.advance(999);
    expect(await settle("1", first!.token, { type: "extend", lease: 500 })).toBe(true);
    await clock.advance(499);
    expect(await ids()).toEqual([]);
    await clock.advance(1);
    expect(await claim()).toMatchObject([{ id: "1", attempt: 2 }]);
    expect(await settle("1", first!.token, { type: "dead", reason: "late" })).toBe(false);
    expect(await settle("1", first!.token, { type: "done" })).toBe(false);
  });

  it("tell who watches of what came, came due, came back, and of a lease that is over", async () => {
    const { clock, tasks, task, claim } = await createTasks();
    const hint = vi.fn();
    const stop = tasks.watch(["a"], hint);
    await clock.settle();
    expect(await claim()).toEqual([]);
    hint.mockClear();
    await tasks.enqueue([task("1", { dueAt: 1_300 })]);
    await clock.settle();
    await claim();
    hint.mockClear();
    await clock.advance(300);
    expect(hint).toHaveBeenCalled();
    expect(await claim()).toHaveLength(1);
    expect(await claim()).toHaveLength(0);
    hint.mockClear();
    await clock.advance(1_000);
    expect(hint).toHaveBeenCalled();
    const [again] = await claim();
    await tasks.settle([{ id: "1", token: again!.token, outcome: { type: "done" } }]);
    stop();
    stop();
    expect(clock.timers).toBe(0);
  });

  it("die with a reason, are listed in parts, and are redriven by id or all together", async () => {
    const { clock, tasks, task, claim } = await createTasks();
    await tasks.enqueue([task("1"), task("2"), task("3")]);
    for (const { id, token } of await claim()) {
      await tasks.settle([{ id, token, outcome: { type: "dead", reason: `no ${id}` } }]);
      await clock.advance(10);
    }
    const dead = await tasks.dead("a");
    expect(dead).toMatchObject([
      { id: "1", reason: "no 1", diedAt: 1_000, attempt: 1 },
      { id: "2", reason: "no 2", diedAt: 1_010 },
      { id: "3", reason: "no 3", diedAt: 1_020 },
    ]);
    expect(await tasks.dead("a", "1", 1)).toEqual([dead[1]]);
    expect(await tasks.redrive("a", ["2", "x"])).toBe(1);
    expect(await tasks.counts("a")).toEqual({ ...none, waiting: 1, dead: 2 });
    expect(await tasks.redrive("a", "all")).toBe(2);
    expect(await claim()).toMatchObject([1, 2, 3].map((id) => ({ id: String(id), attempt: 1 })));
  });

  it("wait in a limited number, and are taken in all of a batch or none", async () => {
    const { tasks, task, claim, settle } = await createTasks({ tasks: 2 });
    await tasks.enqueue([task("1")]);
    await expect(tasks.enqueue([task("2"), task("3")])).rejects.toMatchObject({ code: "Overflow" });
    expect(await tasks.counts("a")).toEqual({ ...none, waiting: 1 });
    const [first] = await claim();
    await settle("1", first!.token, { type: "done" });
    await tasks.enqueue([task("2"), task("3")]);
    expect(await tasks.counts("a")).toEqual({ ...none, waiting: 2 });
  });

  it("are known by their ids for the window", async () => {
    const { clock, tasks, task, claim, settle } = await createTasks({ dedupeWindow: 100 });
    const again = async () => (await tasks.enqueue([task("1")]))[0]!.duplicate;
    expect([await again(), await again()]).toEqual([false, true]);
    await clock.advance(100);
    expect(await again()).toBe(false);
    const [one, other] = await claim();
    const done = { type: "done" } as const;
    expect([await settle("1", one!.token, done), await settle("1", other!.token, done)]).toEqual([
      true,
      true,
    ]);
    expect(await tasks.counts("a")).toEqual(none);
  });
});
