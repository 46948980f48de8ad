import type { Broker, ClaimedTask, TaskLimit, TaskOutcome } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { nothing } from "./counts.js";

/** Longer than any case takes, in milliseconds. */
const forLong = 1_000_000_000;

/** What all who claim tasks of a name keep to. */
export const limits: BrokerChapter = (declare, { tasks, limits, clock }) => {
  if (!tasks) return;
  if (!limits) {
    declare("a claim that is to be limited is refused, or is not limited", async (stage) => {
      await stage.broker.tasks.enqueue([stage.task(), stage.task()]);
      const claimed = await limited(stage, { concurrency: 1 }).then(
        (claimed) => claimed.length,
        (error: unknown) => error,
      );
      if (claimed !== 2) expect(claimed).toMatchObject({ code: "Unsupported" });
    });
    return;
  }

  declare("no more tasks of a name are under way than the limit, over all who claim", async (stage) => {
    const { tasks } = stage.broker;
    const other = await stage.another();
    await tasks.enqueue(Array.from({ length: 20 }, () => stage.task()));
    const limit = { concurrency: 3 };
    const claims = await Promise.all([
      limited(stage, limit),
      limited(stage, limit, other),
      limited(stage, limit),
    ]);
    const claimed = claims.flat();
    expect(claimed, "claimed at once").toHaveLength(3);
    const settle = async (outcome: TaskOutcome) => {
      const { id, token } = claimed.shift()!;
      expect(await tasks.settle([{ id, token, outcome }]), outcome.type).toEqual([true]);
    };
    const makesRoom = async (what: string, act: () => Promise<unknown>) => {
      expect(await limited(stage, limit), `claimed before ${what}`).toEqual([]);
      await act();
      const more = await limited(stage, limit, other);
      expect(more, `claimed after ${what}`).toHaveLength(1);
      claimed.push(...more);
    };
    await makesRoom("one was done", () => settle({ type: "done" }));
    await makesRoom("one was given back", () => settle({ type: "release" }));
    await makesRoom("one was to be tried again", () => settle({ type: "retry", at: stage.now() + forLong }));
    await makesRoom("one died", () => settle({ type: "dead", reason: "no" }));
    await makesRoom("one was cancelled", () => tasks.cancel("a", [claimed.shift()!.id]));
    expect(await tasks.counts("a")).toMatchObject({
      ...nothing,
      waiting: 13,
      delayed: 1,
      claimed: 3,
      dead: 1,
    });
  });

  declare("a limit is of one name, and of the claims that are made with it", async (stage) => {
    const { tasks } = stage.broker;
    const batch = ["a", "b", "a", "b", "a"].map((name) => stage.task({ name }));
    await tasks.enqueue(batch);
    const query = { names: ["a", "b"], owner: "worker", lease: 100 * stage.lease, limit: 100 };
    const claimed = await tasks.claim({ ...query, limits: { a: { concurrency: 1 } } });
    expect(claimed.map(({ id }) => id)).toEqual([0, 1, 3].map((index) => batch[index]!.id));
    expect(await limited(stage, { concurrency: 2 })).toHaveLength(1);
    expect(await stage.claim(), "claimed without a limit").toHaveLength(1);
    expect(await limited(stage, { concurrency: 3 })).toEqual([]);
  });

  declare("a lease that is over makes room for another", async (stage) => {
    await stage.broker.tasks.enqueue([stage.task(), stage.task()]);
    const limit = { concurrency: 1 };
    const [first] = await limited(stage, limit, stage.broker, stage.lease);
    expect(await limited(stage, limit)).toEqual([]);
    await stage.pass(stage.lease);
    const again = await stage.eventually(async () => {
      const claimed = await limited(stage, limit);
      expect(claimed).toHaveLength(1);
      return claimed[0]!;
    });
    expect(again).toMatchObject({ id: first!.id, attempt: 2 });
  });

  declare("who watches tasks hears that a limit lets more be claimed", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task(), stage.task()]);
    let heard = 0;
    const stop = tasks.watch(["a"], () => heard++);
    const [first] = await limited(stage, { concurrency: 1 });
    expect(await limited(stage, { concurrency: 1 })).toEqual([]);
    const before = heard;
    await tasks.settle([{ id: first!.id, token: first!.token, outcome: { type: "done" } }]);
    await stage.eventually(() => expect(heard, "hints").toBeGreaterThan(before));
    stop();
  });

  declare("no more tasks of a name are begun than its rate lets, over all who claim", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue(Array.from({ length: 10 }, (_, index) => stage.task({ key: index })));
    const limit = { rate: { count: 4, per: forLong, by: "name" } } as const;
    const first = await limited(stage, limit, stage.broker, undefined, 3);
    expect(first).toHaveLength(3);
    for (const { id, token } of first) {
      await tasks.settle([{ id, token, outcome: { type: "retry", at: stage.now() } }]);
    }
    expect(await limited(stage, limit, await stage.another()), "claimed with what is left").toHaveLength(1);
    expect(await limited(stage, limit)).toEqual([]);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 9, claimed: 1 });
    await tasks.enqueue([stage.task({ name: "b" })]);
    expect(await stage.claim({ names: ["a", "b"], limits: { a: limit } }), "of another name").toHaveLength(1);
  });

  declare(
    "no more tasks of a key are begun than its rate lets, and others are not kept back",
    async (stage) => {
      const { tasks } = stage.broker;
      const keys = ["k", "l", "k", "m", 1, "1", "k", undefined, undefined, undefined];
      const batch = keys.map((key) => stage.task({ key }));
      await tasks.enqueue(batch);
      const limit = { rate: { count: 2, per: forLong, by: "key" } } as const;
      const ids: string[] = [];
      for (let round = 0; round < 5; round++) {
        const claimed = await limited(stage, limit, round % 2 === 0 ? stage.broker : await stage.another());
        ids.push(...claimed.map(({ id }) => id));
        for (const { id, token } of claimed) await tasks.settle([{ id, token, outcome: { type: "done" } }]);
      }
      expect(ids.sort()).toEqual(
        batch
          .filter((_, index) => index !== 6)
          .map(({ id }) => id)
          .sort(),
      );
      expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1 });
      const more = stage.task({ key: "l" });
      await tasks.enqueue([more, stage.task({ key: "k", priority: 1 })]);
      expect((await limited(stage, limit)).map(({ id }) => id)).toEqual([more.id]);
      expect(await stage.claim(), "claimed without a limit").toHaveLength(1);
    },
  );

  if (!clock) return;
  declare("a rate lets as many be begun at once as it counts, then one after the other", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue(Array.from({ length: 20 }, () => stage.task()));
    const limit = { rate: { count: 4, per: 4_000, by: "name" } } as const;
    const claimed = async () => (await limited(stage, limit)).length;
    expect([await claimed(), await claimed()]).toEqual([4, 0]);
    await stage.pass(900);
    expect(await claimed(), "before the first comes back").toBe(0);
    await stage.pass(200);
    expect([await claimed(), await claimed()], "once it is back").toEqual([1, 0]);
    await stage.pass(2_000);
    expect([await claimed(), await claimed()], "after two more").toEqual([2, 0]);
    await stage.pass(60_000);
    expect([await claimed(), await claimed()], "after a rest").toEqual([4, 0]);
  });

  for (const by of ["name", "key"] as const) {
    declare(`who watches tasks hears when the rate of a ${by} lets more be claimed`, async (stage) => {
      const { tasks } = stage.broker;
      await tasks.enqueue([stage.task({ key: "k" }), stage.task({ key: "k" })]);
      const times: (number | undefined)[] = [];
      const stop = tasks.watch(["a"], (dueAt) => times.push(dueAt ?? stage.now()));
      const limit = { rate: { count: 1, per: stage.lease, by } };
      const begun = stage.now();
      const [first] = await limited(stage, limit);
      await tasks.settle([{ id: first!.id, token: first!.token, outcome: { type: "done" } }]);
      await stage.turn();
      expect(await limited(stage, limit)).toEqual([]);
      await stage.pass(stage.lease);
      await stage.eventually(() =>
        expect(Math.max(...times.map(Number)), "the time that was hinted").toBeGreaterThanOrEqual(
          begun + stage.lease,
        ),
      );
      expect(await limited(stage, limit)).toHaveLength(1);
      stop();
    });
  }
};

function limited(
  stage: BrokerStage,
  limit: TaskLimit,
  broker: Broker = stage.broker,
  lease = 100 * stage.lease,
  most = 100,
): Promise<readonly ClaimedTask[]> {
  return stage.claim({ limits: { a: limit }, lease, limit: most }, broker);
}
