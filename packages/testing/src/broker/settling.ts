import type { ClaimedTask, TaskOutcome } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import { nothing } from "./counts.js";

/** What becomes of a task that was claimed. */
export const settling: BrokerChapter = (declare, { tasks }) => {
  if (!tasks) return;

  declare("a task that is done is gone", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    const done = { id, token, outcome: { type: "done" } } as const;
    expect(await tasks.settle([done])).toEqual([true]);
    expect(await tasks.counts("a")).toMatchObject(nothing);
    expect(await tasks.settle([done]), "settled once more").toEqual([false]);
    await stage.pass(2 * stage.lease);
    expect(await stage.claim()).toEqual([]);
  });

  declare("a task that is to be tried again is due when it was said to be", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    const retry = { type: "retry", at: stage.now() + stage.lease } as const;
    expect(await tasks.settle([{ id, token, outcome: retry }])).toEqual([true]);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, delayed: 1 });
    expect(await stage.claim()).toEqual([]);
    expect(
      await tasks.settle([{ id, token, outcome: { type: "done" } }]),
      "settled by its last claim",
    ).toEqual([false]);
    await stage.pass(stage.lease);
    expect(await stage.eventually(() => stage.claimOne())).toMatchObject({ id, attempt: 2 });
  });

  declare("a task that is given back is due at once, and was not tried", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    const release = { type: "release" } as const;
    expect(await tasks.settle([{ id, token, outcome: release }])).toEqual([true]);
    expect(await tasks.settle([{ id, token, outcome: release }]), "given back once more").toEqual([false]);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1 });
    const again = await stage.eventually(() => stage.claimOne());
    expect(again).toMatchObject({ id, attempt: 1 });
    expect(again.token).toBeGreaterThan(token);
  });

  declare(
    "a task that is given back for later is due when it was said to be, and was not tried",
    async (stage) => {
      const { tasks } = stage.broker;
      await tasks.enqueue([stage.task()]);
      const { id, token } = await stage.claimOne();
      const release = { type: "release", at: stage.now() + stage.lease } as const;
      expect(await tasks.settle([{ id, token, outcome: release }])).toEqual([true]);
      expect(await tasks.settle([{ id, token, outcome: release }]), "given back once more").toEqual([false]);
      expect(await tasks.counts("a")).toMatchObject({ ...nothing, delayed: 1 });
      expect(await stage.claim(), "claimed before it is due").toEqual([]);
      await stage.pass(stage.lease);
      expect(await stage.eventually(() => stage.claimOne())).toMatchObject({ id, attempt: 1 });
    },
  );

  declare("an owner takes what it has claimed anew, until it is another's or over", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task({ key: "k" }), stage.task({ name: "b" }), stage.task()]);
    const names = ["a", "b"];
    const lease = 100 * stage.lease;
    const first = await tasks.claim({ names, owner: "one", lease: stage.lease, limit: 2 });
    expect(first).toHaveLength(2);
    const [other] = await tasks.claim({ names, owner: "two", lease, limit: 1 });
    expect((await tasks.reclaim({ names, owner: "two", lease })).map(plain)).toEqual([plain(other!)]);
    expect(await tasks.reclaim({ names, owner: "three", lease })).toEqual([]);
    expect(await tasks.reclaim({ names: ["c"], owner: "one", lease })).toEqual([]);
    await stage.pass(2 * stage.lease);
    const again = await tasks.reclaim({ names, owner: "one", lease });
    expect(again.map(plain).sort(byId), "after the lease, which nobody has taken").toEqual(
      first.map(plain).sort(byId),
    );
    expect(await stage.claim({ names }), "claimed while it is held").toEqual([]);
    const [one, rest] = again;
    const before = first.find(({ id }) => id === one!.id)!;
    expect(one!.token).toBeGreaterThan(before.token);
    const done = { type: "done" } as const;
    const { id } = one!;
    expect(await tasks.settle([{ id, token: before.token, outcome: done }]), "by the old token").toEqual([
      false,
    ]);
    expect(await tasks.settle([{ id, token: one!.token, outcome: done }])).toEqual([true]);
    const [last] = await tasks.reclaim({ names, owner: "one", lease: stage.lease });
    expect(plain(last!)).toEqual(plain(rest!));
    await stage.pass(stage.lease);
    const taken = await stage.eventually(() => stage.claimOne({ names, owner: "three" }));
    expect(taken).toMatchObject({ id: last!.id, attempt: 2 });
    expect(await tasks.reclaim({ names, owner: "one", lease })).toEqual([]);
  });

  declare("a task whose lease is extended stays with its worker", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    const extend = { type: "extend", lease: 100 * stage.lease } as const;
    expect(await tasks.settle([{ id, token, outcome: extend }])).toEqual([true]);
    await stage.pass(10 * stage.lease);
    expect(await stage.claim()).toEqual([]);
    expect(await tasks.settle([{ id, token, outcome: { type: "done" } }])).toEqual([true]);
    expect(await tasks.counts("a")).toMatchObject(nothing);
  });

  declare(
    "what is settled after its lease counts, where nobody has claimed anything since, though somebody watches",
    async (stage) => {
      const { tasks } = stage.broker;
      const stop = tasks.watch(["a"], () => undefined);
      const late = async (outcome: TaskOutcome) => {
        await tasks.enqueue([stage.task()]);
        const { id, token } = await stage.claimOne();
        await stage.pass(2 * stage.lease);
        expect(await tasks.settle([{ id, token, outcome }]), outcome.type).toEqual([true]);
        return { id, token };
      };
      await late({ type: "done" });
      expect(await tasks.counts("a")).toMatchObject(nothing);
      await late({ type: "dead", reason: "no" });
      expect(await tasks.counts("a")).toMatchObject({ ...nothing, dead: 1 });
      const released = await late({ type: "release" });
      const again = await stage.eventually(() => stage.claimOne());
      expect(again).toMatchObject({ id: released.id, attempt: 1 });
      await tasks.settle([{ id: again.id, token: again.token, outcome: { type: "done" } }]);
      const extended = await late({ type: "extend", lease: 100 * stage.lease });
      expect(await stage.claim()).toEqual([]);
      expect(await tasks.settle([{ ...extended, outcome: { type: "done" } }])).toEqual([true]);
      stop();
    },
  );

  declare("an extended lease is over in its turn", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne({ lease: 100 * stage.lease });
    expect(await tasks.settle([{ id, token, outcome: { type: "extend", lease: stage.lease } }])).toEqual([
      true,
    ]);
    await stage.pass(stage.lease);
    expect(await stage.eventually(() => stage.claimOne())).toMatchObject({ id, attempt: 2 });
    expect(await tasks.settle([{ id, token, outcome: { type: "extend", lease: stage.lease } }])).toEqual([
      false,
    ]);
  });

  declare("each of a batch is settled for itself, and told so", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task(), stage.task(), stage.task(), stage.task()]);
    const [one, two, three, four] = await stage.claim();
    const done = { type: "done" } as const;
    const settled = await tasks.settle([
      { id: two!.id, token: one!.token, outcome: done },
      { id: one!.id, token: one!.token, outcome: done },
      { id: "unknown", token: 1, outcome: done },
      { id: three!.id, token: three!.token, outcome: { type: "dead", reason: "no" } },
      { id: one!.id, token: one!.token, outcome: done },
      { id: four!.id, token: four!.token + 1_000, outcome: done },
    ]);
    expect(settled).toEqual([false, true, false, true, false, false]);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, claimed: 2, dead: 1 });
  });

  declare("any worker may settle what it has the token of, at any broker of the storage", async (stage) => {
    const other = await stage.another();
    await stage.broker.tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    expect(await other.tasks.settle([{ id, token, outcome: { type: "done" } }])).toEqual([true]);
    expect(await stage.broker.tasks.counts("a")).toMatchObject(nothing);
  });
};

/** All of a claim but its token. */
function plain({ token, ...task }: ClaimedTask): Omit<ClaimedTask, "token"> {
  return task;
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}
