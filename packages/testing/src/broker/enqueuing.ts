import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import { nothing } from "./counts.js";
import { hostileKeys, hostileNames } from "./hostile.js";

/** Ten years in milliseconds: a window that is longer is one without an end. */
const longTime = 315_360_000_000;

/** That a task is kept once, as it was given. */
export const enqueuing: BrokerChapter = (declare, { tasks, delay, clock }) => {
  if (!tasks) {
    declare("tasks are refused, each operation", async (stage) => {
      const unsupported = { code: "Unsupported" };
      const { tasks } = stage.broker;
      await expect(tasks.enqueue([stage.task()])).rejects.toMatchObject(unsupported);
      await expect(stage.claim()).rejects.toMatchObject(unsupported);
      await expect(tasks.settle([{ id: "x", token: 1, outcome: { type: "done" } }])).rejects.toMatchObject(
        unsupported,
      );
      await expect(tasks.counts("a")).rejects.toMatchObject(unsupported);
      await expect(tasks.dead("a")).rejects.toMatchObject(unsupported);
      await expect(tasks.redrive("a", "all")).rejects.toMatchObject(unsupported);
      await expect(tasks.cancel("a", ["x"])).rejects.toMatchObject(unsupported);
      await expect(tasks.pause("a", true)).rejects.toMatchObject(unsupported);
      await expect(tasks.forget("a", 0)).rejects.toMatchObject(unsupported);
      await expect(tasks.states(["x"])).rejects.toMatchObject(unsupported);
    });
    return;
  }

  declare("there are no tasks at first", async (stage) => {
    expect(await stage.claim()).toEqual([]);
    expect(await stage.broker.tasks.counts("a")).toMatchObject(nothing);
    expect(await stage.broker.tasks.dead("a")).toEqual([]);
  });

  declare("a task is claimed with its id, name, key, time and body", async (stage) => {
    const task = stage.task({ name: "parcel.carry", key: "p-1", time: 1_234, body: Uint8Array.of(1, 2, 3) });
    expect(await stage.broker.tasks.enqueue([task])).toEqual([{ id: task.id, duplicate: false }]);
    const claimed = await stage.claimOne({ names: ["parcel.carry"] });
    const { id, name, key, time } = task;
    expect(claimed).toMatchObject({ id, name, key, time, attempt: 1 });
    expect([...claimed.body]).toEqual([1, 2, 3]);
    expect(Number.isSafeInteger(claimed.token), `the token ${claimed.token} is a safe integer`).toBe(true);
  });

  declare("a batch of no tasks changes nothing", async (stage) => {
    expect(await stage.broker.tasks.enqueue([])).toEqual([]);
    expect(await stage.broker.tasks.settle([])).toEqual([]);
    expect(await stage.broker.tasks.counts("a")).toMatchObject(nothing);
  });

  declare("names and keys of tasks may be what means something to the broker", async (stage) => {
    const named = hostileNames.map((name) => stage.task({ name }));
    await stage.broker.tasks.enqueue(named);
    for (const { id, name } of named) {
      expect(await stage.claimOne({ names: [name] }), JSON.stringify(name)).toMatchObject({ id, name });
    }
    const keyed = hostileKeys.map((key) => stage.task({ key }));
    await stage.broker.tasks.enqueue(keyed);
    const claimed = await stage.claim();
    expect(claimed.map(({ key }) => key)).toEqual(hostileKeys);
  });

  declare("a task's body may be empty, of any bytes, and a part of a larger buffer", async (stage) => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const bodies = [new Uint8Array(), every, every.subarray(100, 110), new Uint8Array(100_000).fill(7)];
    await stage.broker.tasks.enqueue(bodies.map((body) => stage.task({ body })));
    const claimed = await stage.claim();
    expect(claimed.map(({ body }) => [...body])).toEqual(bodies.map((body) => [...body]));
  });

  declare("an id of a task that is known changes nothing, also while it is done and after", async (stage) => {
    const { tasks } = stage.broker;
    const task = stage.task();
    const again = async () => {
      expect(await tasks.enqueue([task])).toEqual([{ id: task.id, duplicate: true }]);
    };
    expect(await tasks.enqueue([task, task])).toEqual([
      { id: task.id, duplicate: false },
      { id: task.id, duplicate: true },
    ]);
    await again();
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1 });
    const { token } = await stage.claimOne();
    await again();
    await tasks.settle([{ id: task.id, token, outcome: { type: "done" } }]);
    await again();
    expect(await tasks.counts("a")).toMatchObject(nothing);
  });

  declare("of the same task enqueued ten times at once one is kept", async (stage) => {
    const brokers = [stage.broker, await stage.another()];
    const task = stage.task();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) => brokers[index % 2]!.tasks.enqueue([task])),
    );
    expect(results.flat().filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await stage.claim()).toHaveLength(1);
  });

  if (clock) {
    declare(
      "an id of a task is known for the window that the features name, and not for ever",
      async (stage) => {
        const { tasks, features } = stage.broker;
        const task = stage.task();
        await tasks.enqueue([task]);
        const { token } = await stage.claimOne();
        await tasks.settle([{ id: task.id, token, outcome: { type: "done" } }]);
        await stage.pass(Math.floor(Math.min(features.dedupeWindow, longTime) * 0.9));
        expect(await tasks.enqueue([task]), "within the window").toMatchObject([{ duplicate: true }]);
        if (features.dedupeWindow > longTime) return;
        await stage.pass(2 * features.dedupeWindow + 1);
        expect(await tasks.enqueue([task]), "after the window").toMatchObject([{ duplicate: false }]);
      },
    );
  }

  if (delay) {
    declare("a task that is due later is not claimed before", async (stage) => {
      const { tasks } = stage.broker;
      const later = stage.task({ dueAt: stage.now() + stage.lease });
      const passed = stage.task({ dueAt: stage.now() - 1_000 });
      await tasks.enqueue([later, passed]);
      expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, delayed: 1 });
      const claimed = await stage.claim({ lease: 100 * stage.lease });
      expect(claimed.map(({ id }) => id)).toEqual([passed.id]);
      await stage.pass(stage.lease);
      await stage.eventually(async () =>
        expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, claimed: 1 }),
      );
      expect((await stage.claimOne()).id).toBe(later.id);
    });

    declare("tasks that are due later come in the order in which they are due", async (stage) => {
      const dueAt = (part: number) => stage.now() + stage.lease * part;
      const parts = [0.9, 0.3, 0.6];
      const delayed = parts.map((part) => stage.task({ dueAt: dueAt(part) }));
      await stage.broker.tasks.enqueue(delayed);
      const ids: string[] = [];
      await stage.pass(stage.lease);
      await stage.eventually(async () => {
        ids.push(...(await stage.claim({ lease: 1_000 * stage.lease })).map(({ id }) => id));
        expect(ids).toHaveLength(3);
      });
      const inOrder = [delayed[1], delayed[2], delayed[0]].map((task) => task!.id);
      // What has come due together may also come in the order in which it was enqueued.
      expect([inOrder, delayed.map(({ id }) => id)]).toContainEqual(ids);
    });
  } else {
    declare("a task that is to be due later is refused, or can be claimed at once", async (stage) => {
      const task = stage.task({ dueAt: stage.now() + 1_000_000 });
      const refused = await stage.broker.tasks.enqueue([task]).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused) expect(refused).toMatchObject({ code: "Unsupported" });
      else expect((await stage.claimOne()).id).toBe(task.id);
    });
  }
};
