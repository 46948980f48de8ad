import type { NewTask, TaskOutcome, TaskState } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { nothing } from "./counts.js";

/** How tasks stand, and what is told of that. */
export const taskStates: BrokerChapter = (declare, { tasks, delay, results, hints, clock }) => {
  if (!tasks) return;

  declare("how a task stands is told from its first to its last", async (stage) => {
    const { tasks } = stage.broker;
    const task = stage.task({ name: "parcel.carry", key: "p" });
    const { id, name, key } = task;
    const bare = { id, name, key, progress: undefined, result: undefined, reason: undefined };
    expect(await stateOf(stage, id)).toBeUndefined();
    await tasks.enqueue([task]);
    expect(await stateOf(stage, id)).toEqual({ ...bare, state: "waiting", attempt: 0 });
    const claim = () => stage.claimOne({ names: [name], lease: 100 * stage.lease });
    const settle = async (token: number, outcome: TaskOutcome) =>
      expect(await tasks.settle([{ id, token, outcome }])).toEqual([true]);
    const first = await claim();
    expect(await stateOf(stage, id)).toEqual({ ...bare, state: "claimed", attempt: 1 });
    await settle(first.token, { type: "release" });
    expect(await stateOf(stage, id)).toEqual({ ...bare, state: "waiting", attempt: 0 });
    await settle((await claim()).token, { type: "retry", at: stage.now() });
    expect(await stateOf(stage, id)).toEqual({ ...bare, state: "waiting", attempt: 1 });
    await settle((await claim()).token, { type: "dead", reason: "no" });
    expect(await stateOf(stage, id)).toEqual({ ...bare, state: "dead", attempt: 2, reason: "no" });
    await tasks.redrive(name, [id]);
    expect(await stateOf(stage, id)).toEqual({ ...bare, state: "waiting", attempt: 0 });
    await settle((await claim()).token, { type: "done" });
    expect(await stateOf(stage, id), "of what is done, which is not to be kept").toBeUndefined();
  });

  declare(
    "how tasks stand is told in the order of the ids, of any names, and once for each",
    async (stage) => {
      const { tasks } = stage.broker;
      const batch = [stage.task(), stage.task({ name: "b" }), stage.task({ key: 7 })];
      const [a, b, c] = batch.map(({ id }) => id);
      await tasks.enqueue(batch);
      expect(await tasks.states([])).toEqual([]);
      const states = await tasks.states([c!, "unknown", a!, c!, b!]);
      expect(states.map((one) => one?.id)).toEqual([c, undefined, a, c, b]);
      expect(states[0]).toMatchObject({ name: "a", key: 7 });
    },
  );

  declare(
    "what is forgotten is known no longer, and what was cancelled for the window at least",
    async (stage) => {
      const { tasks, features } = stage.broker;
      await tasks.enqueue([stage.task(), stage.task()]);
      const { id, token } = await stage.claimOne();
      await tasks.settle([{ id, token, outcome: { type: "dead", reason: "no" } }]);
      const other = await stage.claimOne();
      await tasks.cancel("a", [other.id]);
      await tasks.forget("a", Number.MAX_SAFE_INTEGER);
      const [forgotten, cancelled] = await tasks.states([id, other.id]);
      expect(forgotten).toBeUndefined();
      expect(cancelled?.state).toBe(features.dedupeWindow > 0 ? "cancelled" : undefined);
    },
  );

  declare("who watches how tasks stand hears of each change of its names", async (stage) => {
    const { tasks } = stage.broker;
    let heard = 0;
    const stop = tasks.watchStates(["b", "a"], () => heard++);
    const hears = async (what: string, act: () => Promise<unknown>) => {
      const before = heard;
      await act();
      await stage.eventually(() => expect(heard, `hints of what is ${what}`).toBeGreaterThan(before));
    };
    const task = stage.task();
    await hears("enqueued", () => tasks.enqueue([task]));
    let token = 0;
    const claim = async () => {
      ({ token } = await stage.claimOne());
    };
    const settle = (outcome: TaskOutcome) => tasks.settle([{ id: task.id, token, outcome }]);
    await hears("claimed", claim);
    await hears("given back", () => settle({ type: "release" }));
    await claim();
    await hears("tried again", () => settle({ type: "retry", at: stage.now() }));
    await claim();
    await hears("dead", () => settle({ type: "dead", reason: "no" }));
    await hears("redriven", () => tasks.redrive("a", "all"));
    await claim();
    await hears("done", () => settle({ type: "done" }));
    const other = stage.task({ name: "b" });
    await tasks.enqueue([other]);
    await hears("cancelled", () => tasks.cancel("b", [other.id]));
    stop();
  });

  declare("who has stopped watching how tasks stand hears nothing", async (stage) => {
    const { tasks } = stage.broker;
    let heard = 0;
    let others = 0;
    const stop = tasks.watchStates(["a"], () => heard++);
    const stopOther = tasks.watchStates(["a"], () => others++);
    stop();
    stop();
    await tasks.enqueue([stage.task()]);
    await stage.eventually(() => expect(others, "hints").toBeGreaterThan(0));
    expect(heard, "hints after the stop").toBe(0);
    stopOther();
  });

  declare("what waits, is delayed, under way and dead is counted, and since when it waits", async (stage) => {
    const { tasks } = stage.broker;
    expect(await tasks.counts("a")).toEqual({ ...nothing, oldest: undefined, paused: false });
    await tasks.enqueue([1_000, 2_000, 3_000, 4_000].map((time) => stage.task({ time })));
    await tasks.enqueue([stage.task({ name: "b", time: 500 })]);
    expect(await tasks.counts("a")).toEqual({ ...nothing, waiting: 4, oldest: 1_000, paused: false });
    const [first, second] = await stage.claim({ limit: 2, lease: 100 * stage.lease });
    expect(await tasks.counts("a")).toEqual({
      ...{ ...nothing, waiting: 2, claimed: 2 },
      ...{ oldest: 3_000, paused: false },
    });
    const at = stage.now() + 100 * stage.lease;
    await tasks.settle([
      { id: first!.id, token: first!.token, outcome: { type: "dead", reason: "no" } },
      { id: second!.id, token: second!.token, outcome: { type: "retry", at } },
    ]);
    expect(await tasks.counts("a")).toEqual({
      ...{ ...nothing, waiting: 2, delayed: 1, dead: 1 },
      ...{ oldest: 3_000, paused: false },
    });
    await stage.claim({ lease: 100 * stage.lease });
    expect(await tasks.counts("a")).toMatchObject({ waiting: 0, oldest: undefined });
    await tasks.redrive("a", "all");
    expect(await tasks.counts("a")).toMatchObject({ waiting: 1, dead: 0, oldest: 1_000 });
  });

  if (delay) {
    declare("a task that is due later is delayed, and waits once it is due", async (stage) => {
      const task = stage.task({ dueAt: stage.now() + stage.lease });
      await stage.broker.tasks.enqueue([task]);
      expect(await stateOf(stage, task.id)).toMatchObject({ state: "delayed" });
      await stage.pass(stage.lease);
      await stage.eventually(async () =>
        expect(await stateOf(stage, task.id)).toMatchObject({ state: "waiting" }),
      );
    });
  }

  if (hints) {
    declare("who watches how tasks stand hears of what another broker on the storage does", async (stage) => {
      const other = await stage.another();
      let heard = 0;
      const stop = other.tasks.watchStates(["a"], () => heard++);
      await stage.broker.tasks.enqueue([stage.task()]);
      await stage.eventually(() => expect(heard, "hints").toBeGreaterThan(0));
      stop();
    });
  }

  if (!results) {
    declare("what became of a task is not kept, or is refused to be", async (stage) => {
      const { tasks } = stage.broker;
      const refused = await tasks.enqueue([stage.task({ keep: 1_000_000 })]).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused) {
        expect(refused).toMatchObject({ code: "Unsupported" });
        return;
      }
      const { id, token } = await stage.claimOne();
      await tasks.settle([{ id, token, outcome: { type: "done", result: Uint8Array.of(1) } }]);
      expect(await stateOf(stage, id)).toBeUndefined();
    });
    return;
  }

  declare("what a task has given is kept, byte by byte", async (stage) => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const result of [undefined, new Uint8Array(), every, every.subarray(100, 110)]) {
      const { id } = await done(stage, { keep: 1_000_000 }, { type: "done", result });
      const { state, attempt, result: kept, reason } = (await stateOf(stage, id))!;
      expect({ state, attempt, reason }).toEqual({ state: "done", attempt: 1, reason: undefined });
      expect(kept && [...kept]).toEqual(result && [...result]);
    }
    expect(await stage.broker.tasks.counts("a"), "with what is done").toMatchObject(nothing);
  });

  declare("how far a task is, is kept with its lease, as it was said last", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task({ keep: 1_000_000 })]);
    const { id, token } = await stage.claimOne();
    const say = async (progress: Uint8Array | undefined, held = true) => {
      const outcome = { type: "extend", lease: 100 * stage.lease, progress } as const;
      expect(await tasks.settle([{ id, token, outcome }])).toEqual([held]);
    };
    const said = async () => {
      const { progress } = (await stateOf(stage, id))!;
      return progress && [...progress];
    };
    expect(await said()).toBeUndefined();
    await say(Uint8Array.of(1, 2));
    expect(await said()).toEqual([1, 2]);
    await say(Uint8Array.of(3));
    await say(undefined);
    expect(await said(), "after an extension that says nothing of it").toEqual([3]);
    expect(await tasks.settle([{ id, token, outcome: { type: "retry", at: stage.now() } }])).toEqual([true]);
    expect(await said(), "between two attempts").toEqual([3]);
    const again = await stage.claimOne();
    await say(Uint8Array.of(4), false);
    expect(await said(), "after it was said by who has lost it").toEqual([3]);
    await tasks.settle([{ id, token: again.token, outcome: { type: "done" } }]);
    expect(await said(), "of what is done").toEqual([3]);
  });

  declare("who watches how tasks stand hears of how far one is", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    let heard = 0;
    const stop = tasks.watchStates(["a"], () => heard++);
    const outcome = { type: "extend", lease: stage.lease, progress: Uint8Array.of(1) } as const;
    await tasks.settle([{ id, token, outcome }]);
    await stage.eventually(() => expect(heard, "hints").toBeGreaterThan(0));
    stop();
  });

  declare("a task that was cancelled is known as that for its time", async (stage) => {
    const { tasks } = stage.broker;
    const task = stage.task({ keep: 1_000_000 });
    await tasks.enqueue([task]);
    const { token } = await stage.claimOne();
    await tasks.settle([{ id: task.id, token, outcome: { type: "dead", reason: "no" } }]);
    await tasks.cancel("a", [task.id]);
    expect(await stateOf(stage, task.id)).toMatchObject({
      reason: undefined,
      state: "cancelled",
      attempt: 1,
      result: undefined,
    });
    expect(await tasks.cancel("a", [task.id])).toBe(0);
    expect(await stage.claim()).toEqual([]);
  });

  declare("what is kept when a broker is closed is there when it is opened again", async (stage) => {
    const broker = await stage.unopened();
    await broker.open();
    await broker.tasks.enqueue([stage.task({ keep: 1_000_000 })]);
    const { id, token } = await stage.claimOne({}, broker);
    const result = Uint8Array.of(1, 2, 3);
    await broker.tasks.settle([{ id, token, outcome: { type: "done", result } }]);
    await broker.close({ drain: 1_000 });
    await broker.open();
    const [state] = await broker.tasks.states([id]);
    expect(state).toMatchObject({ state: "done" });
    expect([...state!.result!]).toEqual([...result]);
    await broker.close({ drain: 0 });
  });

  if (clock) {
    declare("what became of a task is known for as long as it is to be kept", async (stage) => {
      const short = await done(stage, { keep: 10_000 });
      const long = await done(stage, { keep: 100_000 });
      const cancelled = stage.task({ keep: 10_000 });
      await stage.broker.tasks.enqueue([cancelled]);
      await stage.broker.tasks.cancel("a", [cancelled.id]);
      const { dedupeWindow } = stage.broker.features;
      const states = async () =>
        (await stage.broker.tasks.states([short.id, long.id, cancelled.id])).map((one) => one?.state);
      await stage.pass(9_000);
      expect(await states()).toEqual(["done", "done", "cancelled"]);
      await stage.pass(61_000);
      const then = await states();
      expect(then.slice(0, 2)).toEqual([undefined, "done"]);
      // One that was cancelled is known for the window at least.
      if (dedupeWindow > 70_000) expect(then[2]).toBe("cancelled");
      await stage.pass(100_000);
      const inTheEnd = await states();
      expect(inTheEnd.slice(0, 2)).toEqual([undefined, undefined]);
      if (dedupeWindow > 170_000) expect(inTheEnd[2]).toBe("cancelled");
    });
  }
};

/** Enqueues a task, and has it done. */
async function done(
  stage: BrokerStage,
  task: Partial<NewTask>,
  outcome: TaskOutcome = { type: "done" },
): Promise<{ readonly id: string }> {
  await stage.broker.tasks.enqueue([stage.task(task)]);
  const { id, token } = await stage.claimOne();
  expect(await stage.broker.tasks.settle([{ id, token, outcome }])).toEqual([true]);
  return { id };
}

async function stateOf({ broker }: BrokerStage, id: string): Promise<TaskState | undefined> {
  const states = await broker.tasks.states([id]);
  expect(states, "states of one id").toHaveLength(1);
  return states[0];
}
