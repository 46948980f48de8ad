import type { TaskOutcome } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import { nothing } from "./counts.js";

/** That a task can be ended, however it stands, and the tasks of a name be held back. */
export const cancelling: BrokerChapter = (declare, { tasks, delay, keyOrder, results }) => {
  if (!tasks) return;

  declare("a task that waits and is cancelled is gone, and others are not", async (stage) => {
    const { tasks } = stage.broker;
    const batch = [stage.task(), stage.task({ priority: 1 }), stage.task(), stage.task({ name: "b" })];
    const [first, second, third, other] = batch.map(({ id }) => id);
    await tasks.enqueue(batch);
    expect(await tasks.cancel("a", [second!, "unknown", second!, other!]), "how many were").toBe(1);
    expect(await tasks.cancel("a", [second!]), "how many were, once more").toBe(0);
    expect(await tasks.cancel("a", []), "how many of none").toBe(0);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 2 });
    expect((await stage.claim({ names: ["a", "b"] })).map(({ id }) => id)).toEqual([first, third, other]);
  });

  declare("a task that is cancelled under a lease is lost to who has it, for good", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    expect(await tasks.cancel("a", [id])).toBe(1);
    expect(await tasks.counts("a")).toMatchObject(nothing);
    const outcomes: readonly TaskOutcome[] = [
      { type: "extend", lease: stage.lease },
      { type: "retry", at: stage.now() },
      { type: "release" },
      { type: "dead", reason: "no" },
      { type: "done" },
    ];
    for (const outcome of outcomes) {
      expect(await tasks.settle([{ id, token, outcome }]), outcome.type).toEqual([false]);
    }
    await stage.pass(2 * stage.lease);
    expect(await stage.claim()).toEqual([]);
    expect(await tasks.counts("a")).toMatchObject(nothing);
  });

  declare("the dead can be cancelled, and are not redriven then", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task(), stage.task()]);
    for (const { id, token } of await stage.claim()) {
      await tasks.settle([{ id, token, outcome: { type: "dead", reason: "no" } }]);
    }
    const [first, second] = await tasks.dead("a");
    expect(await tasks.cancel("a", [first!.id])).toBe(1);
    expect((await tasks.dead("a")).map(({ id }) => id)).toEqual([second!.id]);
    expect(await tasks.redrive("a", [first!.id])).toBe(0);
    expect(await tasks.redrive("a", "all")).toBe(1);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1 });
  });

  declare(
    "what is done cannot be cancelled, nor is the id of what was cancelled a new one",
    async (stage) => {
      const { tasks } = stage.broker;
      const task = stage.task({ keep: results ? 1_000_000 : undefined });
      await tasks.enqueue([task]);
      const { id, token } = await stage.claimOne();
      await tasks.settle([{ id, token, outcome: { type: "done" } }]);
      expect(await tasks.cancel("a", [id])).toBe(0);
      const other = stage.task();
      await tasks.enqueue([other]);
      await tasks.cancel("a", [other.id]);
      expect(await tasks.enqueue([other])).toEqual([{ id: other.id, duplicate: true }]);
      expect(await stage.claim()).toEqual([]);
    },
  );

  declare(
    "of a task that is cancelled while many claim there is either the one or the other",
    async (stage) => {
      const other = await stage.another();
      const ids = (await stage.broker.tasks.enqueue(Array.from({ length: 40 }, () => stage.task()))).map(
        ({ id }) => id,
      );
      const half = ids.filter((_, index) => index % 2 === 0);
      const [claimed, ...cancelled] = await Promise.all([
        stage.claim({ limit: 20, lease: 100 * stage.lease }),
        other.tasks.cancel("a", half),
        stage.broker.tasks.cancel("a", half),
      ]);
      expect(cancelled[0]! + cancelled[1]!, "cancelled").toBe(20);
      const outcomes = await stage.broker.tasks.settle(
        claimed.map(({ id, token }) => ({ id, token, outcome: { type: "done" } })),
      );
      for (const [index, held] of outcomes.entries()) {
        expect(held, `whether ${claimed[index]!.id} was held`).toBe(!half.includes(claimed[index]!.id));
      }
      const rest = await stage.claim();
      const done = claimed.filter((_, index) => outcomes[index]);
      expect([...done, ...rest].map(({ id }) => id).sort()).toEqual(
        ids.filter((id) => !half.includes(id)).sort(),
      );
    },
  );

  if (delay) {
    declare("a task that is due later and is cancelled never comes", async (stage) => {
      const { tasks } = stage.broker;
      const task = stage.task({ dueAt: stage.now() + stage.lease });
      const due = stage.task({ dueAt: stage.now() + stage.lease });
      await tasks.enqueue([task, due]);
      expect(await tasks.cancel("a", [task.id])).toBe(1);
      expect(await tasks.counts("a")).toMatchObject({ ...nothing, delayed: 1 });
      await stage.pass(stage.lease);
      const claimed = await stage.eventually(() => stage.claimOne({ limit: 100 }));
      expect(claimed.id).toBe(due.id);
    });
  }

  if (keyOrder) {
    declare(
      "a task of a key that is cancelled makes way for the next, under a lease or not",
      async (stage) => {
        const { tasks } = stage.broker;
        const ids = (await tasks.enqueue(Array.from({ length: 5 }, () => stage.task({ key: "k" })))).map(
          ({ id }) => id,
        );
        expect((await stage.claimOne({ limit: 100 })).id).toBe(ids[0]);
        await tasks.cancel("a", [ids[1]!, ids[0]!]);
        const { id, token } = await stage.claimOne({ limit: 100 });
        expect(id).toBe(ids[2]);
        const retry = { type: "retry", at: stage.now() + 100 * stage.lease } as const;
        await tasks.settle([{ id, token, outcome: retry }]);
        expect(await stage.claim(), "while the first of its key is to be tried again").toEqual([]);
        await tasks.cancel("a", [id]);
        expect((await stage.claimOne({ limit: 100 })).id).toBe(ids[3]);
        expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, claimed: 1 });
      },
    );
  }

  declare(
    "of a name that is paused nothing is claimed until it goes on, and of others it is",
    async (stage) => {
      const { tasks } = stage.broker;
      const [first, second, other] = [stage.task(), stage.task(), stage.task({ name: "b" })];
      await tasks.enqueue([first]);
      const { id, token } = await stage.claimOne();
      await tasks.pause("a", true);
      await tasks.enqueue([second, other]);
      expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, claimed: 1, paused: true });
      expect(await tasks.counts("b")).toMatchObject({ paused: false });
      expect((await stage.claim({ names: ["a", "b"] })).map(({ id }) => id)).toEqual([other.id]);
      expect(await tasks.settle([{ id, token, outcome: { type: "done" } }]), "what was under way").toEqual([
        true,
      ]);
      expect(await stage.claim({}, await stage.another()), "at another broker").toEqual([]);
      await tasks.pause("a", true);
      await tasks.pause("a", false);
      expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, paused: false });
      expect((await stage.claimOne()).id).toBe(second.id);
    },
  );

  declare(
    "a lease that is over while its name is paused is lost once it goes on, and not before",
    async (stage) => {
      const { tasks } = stage.broker;
      await tasks.enqueue([stage.task(), stage.task()]);
      const [first, second] = await stage.claim();
      await tasks.pause("a", true);
      await stage.pass(2 * stage.lease);
      expect(await stage.claim()).toEqual([]);
      const done = async ({ id, token } = first!) => tasks.settle([{ id, token, outcome: { type: "done" } }]);
      expect(await done(), "while it is paused").toEqual([true]);
      await tasks.pause("a", false);
      await stage.eventually(async () => expect(await stage.claimOne()).toMatchObject({ attempt: 2 }));
      expect(await done(second), "once another has it").toEqual([false]);
    },
  );

  declare("a name stays paused when the broker is opened again", async (stage) => {
    const broker = await stage.unopened();
    await broker.open();
    await broker.tasks.pause("a", true);
    await broker.close({ drain: 1_000 });
    await broker.open();
    expect(await broker.tasks.counts("a")).toMatchObject({ paused: true });
    await broker.tasks.enqueue([stage.task()]);
    expect(await stage.claim({}, broker)).toEqual([]);
    await broker.tasks.pause("a", false);
    expect(await stage.claim({}, broker)).toHaveLength(1);
    await broker.close({ drain: 0 });
  });

  declare("who watches the tasks of a name hears that it goes on", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.pause("a", true);
    await tasks.enqueue([stage.task()]);
    let heard = 0;
    const stop = tasks.watch(["a"], () => heard++);
    expect(await stage.claim()).toEqual([]);
    const before = heard;
    await tasks.pause("a", false);
    await stage.eventually(() => expect(heard, "hints").toBeGreaterThan(before));
    stop();
  });
};
