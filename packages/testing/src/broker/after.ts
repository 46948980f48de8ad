import type { ClaimedTask, TaskOutcome } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { nothing } from "./counts.js";

const dies = { type: "dead", reason: "no" } as const;

/** That a task waits for others, and shares their fate. */
export const after: BrokerChapter = (declare, { tasks, after, delay, keyOrder, transactions, clock }) => {
  if (!tasks) return;
  if (!after) {
    declare("a task that is to come after another is refused, or can be claimed beside it", async (stage) => {
      const first = stage.task();
      const refused = await stage.broker.tasks.enqueue([first, stage.task({ after: [first.id] })]).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused) expect(refused).toMatchObject({ code: "Unsupported" });
      else expect(await stage.claim()).toHaveLength(2);
    });
    return;
  }

  declare("a task waits until all are done that it is to come after, of any name", async (stage) => {
    const { tasks } = stage.broker;
    const [one, two] = [stage.task(), stage.task({ name: "b" })];
    const last = stage.task({ name: "c", after: [one.id, two.id, one.id] });
    await tasks.enqueue([one, two]);
    await tasks.enqueue([last]);
    const isBlocked = async () => {
      expect(await stage.claim({ names: ["c"] })).toEqual([]);
      expect(await tasks.counts("c")).toEqual({ ...nothing, blocked: 1, oldest: undefined, paused: false });
      expect(await tasks.states([last.id])).toMatchObject([{ state: "blocked", attempt: 0 }]);
    };
    await isBlocked();
    const first = await stage.claimOne();
    await settle(stage, first, { type: "retry", at: stage.now() });
    await isBlocked();
    await settle(stage, await stage.claimOne(), { type: "done" });
    await isBlocked();
    await settle(stage, await stage.claimOne({ names: ["b"] }), { type: "done" });
    expect(await tasks.counts("c")).toMatchObject({ ...nothing, waiting: 1 });
    expect(await tasks.states([last.id])).toMatchObject([{ state: "waiting" }]);
    expect(await stage.claimOne({ names: ["c"] })).toMatchObject({ id: last.id, attempt: 1 });
  });

  declare("a chain of tasks of one batch is done link by link", async (stage) => {
    const batch = [stage.task()];
    for (let link = 1; link < 5; link++) batch.push(stage.task({ after: [batch[link - 1]!.id] }));
    await stage.broker.tasks.enqueue(batch);
    for (const { id } of batch) {
      const claimed = await stage.claimOne({ limit: 100 });
      expect(claimed.id).toBe(id);
      await settle(stage, claimed, { type: "done" });
    }
    expect(await stage.broker.tasks.counts("a")).toMatchObject(nothing);
  });

  declare("who watches the tasks of a name hears of one that waits for no other any more", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task();
    await tasks.enqueue([first, stage.task({ name: "b", after: [first.id] })]);
    let heard = 0;
    const stop = tasks.watch(["b"], () => heard++);
    expect(await stage.claim({ names: ["b"] })).toEqual([]);
    const claimed = await stage.claimOne();
    const before = heard;
    await settle(stage, claimed, { type: "done" });
    await stage.eventually(() => expect(heard, "hints").toBeGreaterThan(before));
    stop();
  });

  declare("a task that waited for others is claimed in its place", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task({ name: "b" });
    const batch = [first, stage.task({ after: [first.id] }), stage.task()];
    await tasks.enqueue(batch);
    await settle(stage, await stage.claimOne({ names: ["b"] }), { type: "done" });
    expect((await stage.claim()).map(({ id }) => id)).toEqual([batch[1]!.id, batch[2]!.id]);
  });

  declare("a task that comes after what is done and gone, or kept, waits for nothing", async (stage) => {
    const { tasks } = stage.broker;
    const before = [stage.task(), stage.task({ keep: 1_000_000 })];
    await tasks.enqueue(before);
    for (const claimed of await stage.claim()) await settle(stage, claimed, { type: "done" });
    const task = stage.task({ after: before.map(({ id }) => id) });
    await tasks.enqueue([task]);
    expect((await stage.claimOne()).id).toBe(task.id);
  });

  declare("a task that is to come after what never was is refused, with its batch", async (stage) => {
    const { tasks } = stage.broker;
    const invalid = { code: "Invalid" };
    const last = stage.task();
    const own = stage.task();
    await expect(tasks.enqueue([stage.task(), stage.task({ after: ["never"] })])).rejects.toMatchObject(
      invalid,
    );
    await expect(tasks.enqueue([stage.task({ after: [last.id] }), last])).rejects.toMatchObject(invalid);
    await expect(tasks.enqueue([{ ...own, after: [own.id] }])).rejects.toMatchObject(invalid);
    expect(await tasks.counts("a")).toMatchObject(nothing);
    expect(await tasks.enqueue([last, own]), "what was refused before").toMatchObject([
      { duplicate: false },
      { duplicate: false },
    ]);
  });

  declare("a repetition of a task is one, though what it came after is over", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task();
    const second = stage.task({ after: [first.id] });
    await tasks.enqueue([first, second]);
    await settle(stage, await stage.claimOne(), { type: "done" });
    expect(await tasks.enqueue([first, second])).toEqual([
      { id: first.id, duplicate: true },
      { id: second.id, duplicate: true },
    ]);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1 });
  });

  declare("with a task that dies all die that wait for it, and those that wait for them", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task({ keep: 1_000_000 });
    const other = stage.task();
    const second = stage.task({ name: "b", after: [other.id, first.id] });
    const third = stage.task({ name: "c", after: [second.id] });
    await tasks.enqueue([first, other, second, third]);
    await settle(stage, await stage.claimOne(), dies);
    expect(await tasks.counts("b")).toMatchObject({ ...nothing, dead: 1 });
    expect(await tasks.counts("c")).toMatchObject({ ...nothing, dead: 1 });
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, dead: 1, waiting: 1 });
    const [letter] = await tasks.dead("b");
    expect(letter).toMatchObject({ id: second.id, attempt: 0 });
    expect(letter!.reason, "the reason names what it waited for").toContain(first.id);
    expect((await tasks.dead("c"))[0]!.reason).toContain(second.id);
    expect(await tasks.states([third.id])).toMatchObject([{ state: "dead", attempt: 0 }]);
    await settle(stage, await stage.claimOne(), { type: "done" });
    expect(await stage.claim({ names: ["a", "b", "c"] })).toEqual([]);
  });

  declare("with a task that is cancelled all die that wait for it", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task();
    const second = stage.task({ after: [first.id] });
    const third = stage.task({ name: "b", after: [second.id] });
    await tasks.enqueue([first, second, third]);
    expect(await tasks.cancel("a", [first.id])).toBe(1);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, dead: 1 });
    expect(await tasks.counts("b")).toMatchObject({ ...nothing, dead: 1 });
    expect((await tasks.dead("a"))[0]!.reason).toContain(first.id);
  });

  declare("a task that waits for others can be cancelled, and they are done without it", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task();
    const second = stage.task({ after: [first.id] });
    const third = stage.task({ after: [second.id] });
    await tasks.enqueue([first, second, third]);
    expect(await tasks.cancel("a", [second.id])).toBe(1);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, dead: 1 });
    await settle(stage, await stage.claimOne(), { type: "done" });
    expect(await stage.claim()).toEqual([]);
  });

  declare(
    "a task that is to come after a dead one is dead at once, and so after one kept as cancelled",
    async (stage) => {
      const { tasks, features } = stage.broker;
      const [first, cancelled] = [stage.task(), stage.task({ keep: 1_000_000 })];
      await tasks.enqueue([first, cancelled]);
      await settle(stage, await stage.claimOne(), dies);
      await tasks.cancel("a", [cancelled.id]);
      const second = stage.task({ name: "b", after: [first.id] });
      const third = stage.task({ name: "b", after: [cancelled.id] });
      await tasks.enqueue(features.tasks.results ? [second, third] : [second]);
      expect(await stage.claim({ names: ["b"] })).toEqual([]);
      const dead = await tasks.dead("b");
      expect(dead[0]).toMatchObject({ id: second.id, attempt: 0, reason: expect.stringContaining(first.id) });
      if (features.tasks.results) expect(dead[1]!.reason).toContain(cancelled.id);
    },
  );

  declare(
    "a task that is to come after one that was cancelled is dead at once, whatever its keep",
    async (stage) => {
      const { tasks } = stage.broker;
      if (stage.broker.features.dedupeWindow === 0) return;
      const [waiting, claimed, dead] = [
        stage.task(),
        stage.task({ priority: 1 }),
        stage.task({ priority: 2 }),
      ];
      await tasks.enqueue([waiting, claimed, dead]);
      await settle(stage, await stage.claimOne(), dies);
      await stage.claimOne();
      const before = [waiting, claimed, dead].map(({ id }) => id);
      expect(await tasks.cancel("a", before)).toBe(3);
      expect(await tasks.counts("a")).toMatchObject(nothing);
      await tasks.enqueue(before.map((id) => stage.task({ name: "b", after: [id] })));
      expect(await stage.claim({ names: ["b"] })).toEqual([]);
      const reasons = (await tasks.dead("b")).map(({ reason }) => reason);
      for (const [index, reason] of reasons.entries()) expect(reason).toContain(before[index]);
      expect(reasons).toHaveLength(3);
    },
  );

  declare("what died with a task stays dead until both are redriven, and waits again then", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task();
    const second = stage.task({ name: "b", after: [first.id] });
    await tasks.enqueue([first, second]);
    await settle(stage, await stage.claimOne(), dies);
    expect(await tasks.redrive("b", "all"), "while the first is dead").toBe(0);
    expect(await tasks.counts("b")).toMatchObject({ ...nothing, dead: 1 });
    expect(await tasks.redrive("a", "all")).toBe(1);
    expect(await tasks.counts("b")).toMatchObject({ ...nothing, dead: 1 });
    expect(await tasks.redrive("b", [second.id]), "while the first is not").toBe(1);
    expect(await tasks.states([second.id])).toMatchObject([{ state: "blocked", attempt: 0 }]);
    expect(await stage.claim({ names: ["b"] })).toEqual([]);
    await settle(stage, await stage.claimOne(), { type: "done" });
    expect((await stage.claimOne({ names: ["b"] })).id).toBe(second.id);
  });

  declare("a chain that has died is redriven by one call, whichever order it died in", async (stage) => {
    const { tasks } = stage.broker;
    const first = stage.task();
    const second = stage.task({ after: [first.id] });
    const third = stage.task({ after: [second.id] });
    await tasks.enqueue([first, second, third]);
    await settle(stage, await stage.claimOne(), dies);
    await tasks.redrive("a", [first.id]);
    await stage.pass(1);
    await settle(stage, await stage.claimOne(), dies);
    expect((await tasks.dead("a")).at(-1)!.id, "the last that died").toBe(first.id);
    expect(await tasks.redrive("a", [third.id, second.id, first.id])).toBe(3);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, blocked: 2 });
    await settle(stage, await stage.claimOne({ limit: 100 }), dies);
    expect(await tasks.redrive("a", "all")).toBe(3);
    expect((await stage.claimOne({ limit: 100 })).id).toBe(first.id);
  });

  declare("what died with a task that is done or forgotten since is redriven alone", async (stage) => {
    const { tasks } = stage.broker;
    const [first, other] = [stage.task(), stage.task()];
    const second = stage.task({ name: "b", after: [first.id] });
    const third = stage.task({ name: "b", after: [other.id] });
    await tasks.enqueue([first, other, second, third]);
    for (const claimed of await stage.claim()) await settle(stage, claimed, dies);
    await tasks.redrive("a", [first.id]);
    await settle(stage, await stage.claimOne(), { type: "done" });
    await tasks.forget("a", Number.MAX_SAFE_INTEGER);
    expect(await tasks.redrive("b", "all")).toBe(2);
    expect((await stage.claim({ names: ["b"] })).map(({ id }) => id)).toEqual([second.id, third.id]);
  });

  declare(
    "a hundred tasks that wait for one come with it, and one that waits for 64 with the last",
    async (stage) => {
      const { tasks } = stage.broker;
      const first = stage.task();
      const many = Array.from({ length: 100 }, () => stage.task({ name: "b", after: [first.id] }));
      const last = stage.task({ name: "c", after: many.slice(0, 64).map(({ id }) => id) });
      await tasks.enqueue([first, ...many, last]);
      await settle(stage, await stage.claimOne(), { type: "done" });
      const claimed = await stage.claim({ names: ["b"], lease: 100 * stage.lease });
      expect(claimed.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
      for (const one of claimed.slice(0, 63)) await settle(stage, one, { type: "done" });
      expect(await stage.claim({ names: ["c"] })).toEqual([]);
      await settle(stage, claimed[63]!, { type: "done" });
      expect((await stage.claimOne({ names: ["c"] })).id).toBe(last.id);
    },
  );

  declare("what waits for others does so when the broker is opened again", async (stage) => {
    const broker = await stage.unopened();
    await broker.open();
    const first = stage.task();
    await broker.tasks.enqueue([first, stage.task({ name: "b", after: [first.id] })]);
    await broker.close({ drain: 1_000 });
    await broker.open();
    expect(await broker.tasks.counts("b")).toMatchObject({ ...nothing, blocked: 1 });
    const { id, token } = await stage.claimOne({}, broker);
    await broker.tasks.settle([{ id, token, outcome: { type: "done" } }]);
    expect(await stage.claim({ names: ["b"] }, broker)).toHaveLength(1);
    await broker.close({ drain: 0 });
  });

  if (keyOrder) {
    declare("a task that waits for others holds up nothing of its key", async (stage) => {
      const { tasks } = stage.broker;
      const first = stage.task({ name: "b" });
      const second = stage.task({ key: "k", after: [first.id] });
      const third = stage.task({ key: "k" });
      await tasks.enqueue([first, second, third]);
      const claimed = await stage.claimOne();
      expect(claimed.id).toBe(third.id);
      await settle(stage, await stage.claimOne({ names: ["b"] }), { type: "done" });
      expect(await stage.claim(), "while another of its key is under way").toEqual([]);
      await settle(stage, claimed, { type: "done" });
      expect((await stage.claimOne()).id).toBe(second.id);
    });
  }

  if (delay && clock) {
    declare("a task that waits for others and is due later is claimed when both are over", async (stage) => {
      const { tasks } = stage.broker;
      const [one, two] = [stage.task(), stage.task()];
      const early = stage.task({ name: "b", after: [one.id], dueAt: stage.now() + stage.lease });
      const late = stage.task({ name: "b", after: [two.id], dueAt: stage.now() + stage.lease });
      await tasks.enqueue([one, two, early, late]);
      const [first, second] = await stage.claim({ lease: 100 * stage.lease });
      expect(await tasks.counts("b")).toMatchObject({ ...nothing, blocked: 2 });
      await settle(stage, first!, { type: "done" });
      expect(await tasks.counts("b")).toMatchObject({ ...nothing, blocked: 1, delayed: 1 });
      await stage.pass(stage.lease);
      expect((await stage.claimOne({ names: ["b"], limit: 100 })).id).toBe(early.id);
      await settle(stage, second!, { type: "done" });
      expect((await stage.claimOne({ names: ["b"], limit: 100 })).id).toBe(late.id);
    });
  }

  if (transactions) {
    declare(
      "what is settled in a transaction lets those come that wait for it, the new ones too",
      async (stage) => {
        const { broker } = stage;
        const first = stage.task();
        const second = stage.task({ name: "b", after: [first.id] });
        await broker.tasks.enqueue([first, second]);
        const { id, token } = await stage.claimOne();
        const third = stage.task({ name: "b", after: [first.id] });
        const fourth = stage.task({ name: "b", after: [third.id] });
        const refused = { id: stage.id(), enqueue: [third, stage.task({ after: ["never"] })] };
        const settled = [{ id, token, outcome: { type: "done" } as const }];
        await expect(broker.write({ ...refused, settle: settled })).rejects.toMatchObject({
          code: "Invalid",
        });
        expect(await broker.tasks.counts("a"), "after one that was refused").toMatchObject({ claimed: 1 });
        await broker.write({ id: stage.id(), settle: settled, enqueue: [third, fourth] });
        expect((await stage.claim({ names: ["b"] })).map(({ id }) => id)).toEqual([second.id, third.id]);
      },
    );
  }
};

async function settle(
  { broker }: BrokerStage,
  { id, token }: ClaimedTask,
  outcome: TaskOutcome,
): Promise<void> {
  expect(await broker.tasks.settle([{ id, token, outcome }])).toEqual([true]);
}
