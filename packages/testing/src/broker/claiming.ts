import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";

/** Who gets which task, and when. */
export const claiming: BrokerChapter = (declare, { tasks, priority }) => {
  if (!tasks) return;

  declare("tasks are claimed in the order in which they came, no more than asked for", async (stage) => {
    const ids = (await stage.broker.tasks.enqueue(Array.from({ length: 10 }, () => stage.task()))).map(
      ({ id }) => id,
    );
    const claimed: string[] = [];
    for (const limit of [1, 2, 3, 100]) claimed.push(...(await stage.claim({ limit })).map(({ id }) => id));
    expect(claimed).toEqual(ids);
    expect(await stage.claim()).toEqual([]);
  });

  declare("tasks are claimed by name, across names in the order in which they came", async (stage) => {
    const names = ["a", "b", "c", "a", "b", "c", "a.b", "*"];
    const tasks = names.map((name) => stage.task({ name }));
    await stage.broker.tasks.enqueue(tasks);
    const idsOf = (...wanted: string[]) =>
      tasks.filter(({ name }) => wanted.includes(name)).map(({ id }) => id);
    const claim = async (...wanted: string[]) => (await stage.claim({ names: wanted })).map(({ id }) => id);
    expect(await claim()).toEqual([]);
    expect(await claim("nothing")).toEqual([]);
    expect(await claim("*")).toEqual(idsOf("*"));
    expect(await claim("b", "a")).toEqual(idsOf("a", "b"));
    expect(await claim("a", "a.b", "c")).toEqual(idsOf("c", "a.b"));
  });

  const priorities = [0, 5, undefined, -3, 5, 10, 0];
  if (priority) {
    declare("tasks of a larger priority are claimed first, across names", async (stage) => {
      const tasks = priorities.map((one, index) =>
        stage.task({ name: index % 2 === 0 ? "a" : "b", ...(one === undefined ? {} : { priority: one }) }),
      );
      await stage.broker.tasks.enqueue(tasks);
      const order = [5, 1, 4, 0, 2, 6, 3].map((index) => tasks[index]!.id);
      const ids: string[] = [];
      for (let claim = 0; claim < 3; claim++) {
        ids.push(...(await stage.claim({ names: ["a", "b"], limit: 3 })).map(({ id }) => id));
      }
      expect(ids).toEqual(order);
    });
  } else {
    declare(
      "tasks of any priority are refused, or claimed in the order in which they came",
      async (stage) => {
        const tasks = priorities.map((one) => stage.task(one === undefined ? {} : { priority: one }));
        const refused = await stage.broker.tasks.enqueue(tasks).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused) expect(refused).toMatchObject({ code: "Unsupported" });
        else expect((await stage.claim()).map(({ id }) => id)).toEqual(tasks.map(({ id }) => id));
      },
    );
  }

  declare("each claim of a task counts as an attempt, and has a larger token", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    let before = 0;
    for (let attempt = 1; attempt <= 5; attempt++) {
      const claimed = await stage.claimOne();
      expect(claimed.attempt).toBe(attempt);
      expect(claimed.token).toBeGreaterThan(before);
      before = claimed.token;
      const retry = { type: "retry", at: stage.now() } as const;
      expect(await tasks.settle([{ id: claimed.id, token: claimed.token, outcome: retry }])).toEqual([true]);
    }
  });

  declare(
    "what is claimed is nobody else's while the lease holds, and another attempt after",
    async (stage) => {
      const { tasks } = stage.broker;
      await tasks.enqueue([stage.task()]);
      const first = await stage.claimOne({ owner: "one" });
      expect(await stage.claim({ owner: "two" })).toEqual([]);
      expect(await stage.claim({ owner: "one" })).toEqual([]);
      expect(await tasks.counts("a")).toMatchObject({ waiting: 0, claimed: 1 });
      await stage.pass(stage.lease);
      const second = await stage.eventually(() => stage.claimOne({ owner: "two", lease: 100 * stage.lease }));
      expect(second).toMatchObject({ id: first.id, attempt: 2 });
      expect(second.token).toBeGreaterThan(first.token);
      const done = (token: number) => tasks.settle([{ id: first.id, token, outcome: { type: "done" } }]);
      expect(await done(first.token), "settled by who has lost it").toEqual([false]);
      expect(await tasks.counts("a")).toMatchObject({ waiting: 0, claimed: 1 });
      expect(await done(second.token), "settled by who has it").toEqual([true]);
    },
  );

  declare("many workers at once have each task once", async (stage) => {
    const brokers = [stage.broker, await stage.another(), await stage.another()];
    const tasks = Array.from({ length: 60 }, () => stage.task());
    await stage.broker.tasks.enqueue(tasks);
    const ids: string[] = [];
    await Promise.all(
      Array.from({ length: 9 }, async (_, index) => {
        const broker = brokers[index % 3]!;
        for (;;) {
          const claimed = await stage.claim(
            { owner: `worker ${index}`, limit: 3, lease: 100 * stage.lease },
            broker,
          );
          if (claimed.length === 0) return;
          ids.push(...claimed.map(({ id }) => id));
          await broker.tasks.settle(
            claimed.map(({ id, token }) => ({ id, token, outcome: { type: "done" } })),
          );
        }
      }),
    );
    expect(ids.sort()).toEqual(tasks.map(({ id }) => id).sort());
  });
};
