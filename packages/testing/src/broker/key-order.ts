import type { ClaimedTask, TaskOutcome } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";

/** That tasks of a name and key are done one after the other. */
export const keyOrder: BrokerChapter = (declare, { tasks, keyOrder, delay }) => {
  if (!tasks) return;
  if (!keyOrder) {
    declare("tasks of one key may be under way at once", async (stage) => {
      await stage.broker.tasks.enqueue([stage.task({ key: "k" }), stage.task({ key: "k" })]);
      expect(await stage.claim()).toHaveLength(2);
    });
    return;
  }

  declare(
    "of a name and key one task is under way at once, in the order in which they came",
    async (stage) => {
      const ids = await enqueue(stage, ["k", "l", "k", "k", "l"]);
      const first = await stage.claim();
      expect(first.map(({ id }) => id)).toEqual([ids[0], ids[1]]);
      expect(await stage.claim()).toEqual([]);
      await settle(stage, first[0]!, { type: "done" });
      const second = await stage.claim();
      expect(second.map(({ id }) => id)).toEqual([ids[2]]);
      await settle(stage, first[1]!, { type: "done" });
      await settle(stage, second[0]!, { type: "done" });
      expect((await stage.claim()).map(({ id }) => id)).toEqual([ids[3], ids[4]]);
    },
  );

  declare("tasks without a key, of other keys, or of other names are not kept back", async (stage) => {
    const keys = ["1", 1, "", "k", "K", undefined, undefined];
    await enqueue(stage, keys);
    expect(await stage.claim()).toHaveLength(keys.length);
    await stage.broker.tasks.enqueue([stage.task({ name: "b", key: "k" })]);
    expect(await stage.claim({ names: ["b"] })).toHaveLength(1);
  });

  declare("a task that is to be tried again is not overtaken by others of its key", async (stage) => {
    const ids = await enqueue(stage, ["k", "k", "l"]);
    const [claimed, other] = await stage.claim({ lease: 100 * stage.lease });
    expect([claimed!.id, other!.id]).toEqual([ids[0], ids[2]]);
    await settle(stage, claimed!, { type: "retry", at: stage.now() + stage.lease });
    expect(await stage.claim(), "claimed while the first of its key waits").toEqual([]);
    await stage.pass(stage.lease);
    const again = await stage.eventually(() => stage.claimOne());
    expect(again).toMatchObject({ id: ids[0], attempt: 2 });
    await settle(stage, again, { type: "done" });
    expect((await stage.claimOne()).id).toBe(ids[1]);
  });

  declare("a task that is given back for later is not overtaken by others of its key", async (stage) => {
    const ids = await enqueue(stage, ["k", "k", "l"]);
    const [claimed, other] = await stage.claim({ lease: 100 * stage.lease });
    expect([claimed!.id, other!.id]).toEqual([ids[0], ids[2]]);
    await settle(stage, claimed!, { type: "release", at: stage.now() + stage.lease });
    expect(await stage.claim(), "claimed while the first of its key waits").toEqual([]);
    await stage.pass(stage.lease);
    const again = await stage.eventually(() => stage.claimOne());
    expect(again).toMatchObject({ id: ids[0], attempt: 1 });
    await settle(stage, again, { type: "done" });
    expect((await stage.claimOne()).id).toBe(ids[1]);
  });

  declare("a task whose lease is over is not overtaken by others of its key", async (stage) => {
    const ids = await enqueue(stage, ["k", "k"]);
    await stage.claimOne();
    await stage.pass(stage.lease);
    const again = await stage.eventually(() => stage.claimOne({ limit: 100 }));
    expect(again).toMatchObject({ id: ids[0], attempt: 2 });
  });

  declare("a task that has died makes way for the next of its key", async (stage) => {
    const ids = await enqueue(stage, ["k", "k"]);
    await settle(stage, await stage.claimOne(), { type: "dead", reason: "no" });
    expect((await stage.claimOne()).id).toBe(ids[1]);
    expect(await stage.broker.tasks.redrive("a", "all")).toBe(1);
    expect(await stage.claim(), "claimed while another of its key is under way").toEqual([]);
  });

  declare("who claims at once at many brokers has one task of a key", async (stage) => {
    const brokers = [stage.broker, await stage.another()];
    await enqueue(stage, ["k", "k", "k", "k"]);
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) => stage.claim({ owner: `worker ${index}` }, brokers[index % 2])),
    );
    expect(claims.flat()).toHaveLength(1);
  });

  if (!delay) return;
  declare("a task of a key that is due later keeps back no other key", async (stage) => {
    const { tasks } = stage.broker;
    const due = stage.task({ key: "l" });
    await tasks.enqueue([stage.task({ key: "k", dueAt: stage.now() + 100 * stage.lease }), due]);
    expect((await stage.claim()).map(({ id }) => id)).toEqual([due.id]);
  });
};

async function enqueue(
  stage: BrokerStage,
  keys: readonly (string | number | undefined)[],
): Promise<readonly string[]> {
  const enqueued = await stage.broker.tasks.enqueue(keys.map((key) => stage.task({ key })));
  return enqueued.map(({ id }) => id);
}

async function settle(
  { broker }: BrokerStage,
  { id, token }: ClaimedTask,
  outcome: TaskOutcome,
): Promise<void> {
  expect(await broker.tasks.settle([{ id, token, outcome }])).toEqual([true]);
}
