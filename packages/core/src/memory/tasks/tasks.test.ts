import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import type { NewTask, TaskOutcome, TaskQuery } from "../../broker.js";
import { type MemoryOptions, memory } from "../../memory.js";

const none = { waiting: 0, delayed: 0, blocked: 0, claimed: 0, dead: 0 };

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
    expect(await tasks.counts("b")).toMatchObject({ ...none, claimed: 2 });
    expect(await ids({ names: ["a", "b"] })).toEqual(["2", "5"]);
  });

  it.each(["counts", "states"] as const)(
    "are hinted at when they are due, also where %s were looked at just then",
    async (look) => {
      const { clock, tasks, task, ids } = await createTasks();
      await tasks.enqueue([task("1", { dueAt: clock.now() + 100 })]);
      const looked = () => void (look === "counts" ? tasks.counts("a") : tasks.states(["1"]));
      // Before the timer that is to tell.
      clock.timer(looked, 100);
      const hint = vi.fn();
      tasks.watch(["a"], hint);
      await clock.advance(0);
      expect(await ids()).toEqual([]);
      hint.mockClear();
      await clock.advance(100);
      expect(hint).toHaveBeenCalledOnce();
      expect(await ids()).toEqual(["1"]);
    },
  );

  it("that were cancelled do not count as done for what comes after them, though there was no room to keep them", async () => {
    const { tasks, task, ids } = await createTasks({ keptTasks: 1 });
    await tasks.enqueue([task("1"), task("2")]);
    expect(await tasks.cancel("a", ["1", "2"])).toBe(2);
    expect((await tasks.states(["1", "2"])).map((one) => one?.state)).toContain(undefined);
    await tasks.enqueue([task("3", { after: ["1"] }), task("4", { after: ["2"] })]);
    expect(await ids()).toEqual([]);
    expect((await tasks.dead("a")).map(({ id }) => id)).toEqual(["3", "4"]);
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
    expect(await tasks.counts("a")).toMatchObject({ ...none, waiting: 1, dead: 2 });
    expect(await tasks.redrive("a", "all")).toBe(2);
    expect(await claim()).toMatchObject([1, 2, 3].map((id) => ({ id: String(id), attempt: 1 })));
  });

  it("wait in a limited number, and are taken in all of a batch or none", async () => {
    const { tasks, task, claim, settle } = await createTasks({ tasks: 2 });
    await tasks.enqueue([task("1")]);
    await expect(tasks.enqueue([task("2"), task("3")])).rejects.toMatchObject({ code: "Overflow" });
    expect(await tasks.counts("a")).toMatchObject({ ...none, waiting: 1 });
    const [first] = await claim();
    await settle("1", first!.token, { type: "done" });
    await tasks.enqueue([task("2"), task("3")]);
    expect(await tasks.counts("a")).toMatchObject({ ...none, waiting: 2 });
  });

  it("are known by their ids for the window, and as long as they are not done", async () => {
    const { clock, tasks, task, claim, settle } = await createTasks({ dedupeWindow: 100 });
    const again = async () => (await tasks.enqueue([task("1", { keep: 1_000 })]))[0]!.duplicate;
    expect([await again(), await again()]).toEqual([false, true]);
    await clock.advance(100);
    expect(await again()).toBe(true);
    const [one] = await claim();
    expect(await settle("1", one!.token, { type: "dead", reason: "no" })).toBe(true);
    expect(await again()).toBe(true);
    await tasks.redrive("a", "all");
    const [other] = await claim();
    expect(await settle("1", other!.token, { type: "done" })).toBe(true);
    expect(await tasks.states(["1"])).toMatchObject([{ state: "done" }]);
    expect(await again()).toBe(false);
    expect(await tasks.states(["1"])).toMatchObject([{ state: "waiting", attempt: 0 }]);
    expect(await tasks.counts("a")).toMatchObject({ ...none, waiting: 1 });
  });

  it("are known when they are over up to a number, and a size of what they gave; then those go that would go next", async () => {
    const { tasks, task, claim, settle } = await createTasks({ keptTasks: 2, bytes: 100 });
    const done = async (id: string, keep: number, size = 1) => {
      await tasks.enqueue([task(id, { keep })]);
      const [one] = await claim();
      await settle(id, one!.token, { type: "done", result: new Uint8Array(size) });
    };
    const known = async () => {
      const states = await tasks.states(["1", "2", "3", "4", "5"]);
      return states.map((state) => state?.id).filter((id) => id !== undefined);
    };
    await done("1", 5_000);
    await done("2", 1_000);
    await done("3", 9_000);
    expect(await known()).toEqual(["1", "3"]);
    await done("4", 20_000, 99);
    expect(await known()).toEqual(["3", "4"]);
    await done("5", 20_000, 2);
    expect(await known()).toEqual(["5"]);
  });

  it("hold nothing of those that are gone: a limited number of dead, no lane, no rate, no timer", async () => {
    const { clock, tasks, task, claim, settle } = await createTasks({ deadTasks: 2 });
    const limits = { a: { concurrency: 3, rate: { count: 1, per: 100, by: "key" } } } as const;
    const stop = tasks.watch(["a"], () => undefined);
    await tasks.enqueue(Array.from({ length: 10 }, (_, index) => task(`${index}`, { key: index })));
    for (let round = 0; round < 10; round++) {
      for (const { id, token } of await claim({ limits })) {
        await settle(id, token, { type: "dead", reason: "no" });
      }
      await clock.advance(1_000);
    }
    expect((await tasks.dead("a")).map(({ id }) => id)).toEqual(["8", "9"]);
    expect(await tasks.states(["0", "9"])).toMatchObject([undefined, { state: "dead" }]);
    await claim();
    stop();
    expect(clock.timers).toBe(0);
  });
});
