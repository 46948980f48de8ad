import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { nothing } from "./counts.js";

/** Tasks that nobody is to try again, until somebody says so. */
export const dead: BrokerChapter = (declare, { tasks, keyOrder }) => {
  if (!tasks) return;

  declare("a dead task is not claimed, and is kept with its reason", async (stage) => {
    const { tasks } = stage.broker;
    const body = Uint8Array.of(1, 2);
    const task = stage.task({ key: "k", time: 1_234, body });
    await tasks.enqueue([task]);
    const first = await stage.claimOne();
    await tasks.settle([{ id: task.id, token: first.token, outcome: { type: "retry", at: stage.now() } }]);
    const before = stage.now();
    await die(stage, "the reason: 名 'x'");
    const after = stage.now();
    await stage.pass(2 * stage.lease);
    expect(await stage.claim()).toEqual([]);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, dead: 1 });
    const [letter, ...others] = await tasks.dead("a");
    expect(others).toEqual([]);
    const { id, name, key, time } = task;
    expect(letter).toMatchObject({ id, name, key, time, attempt: 2, reason: "the reason: 名 'x'" });
    expect([...letter!.body]).toEqual([...body]);
    // Its broker may be another machine, with a clock of its own.
    expect(letter!.diedAt).toBeGreaterThan(before - 60_000);
    expect(letter!.diedAt).toBeLessThan(after + 60_000);
  });

  declare("the dead are listed oldest first, in parts, by name", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task({ name: "b" })]);
    await die(stage, "of another name", ["b"]);
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      await tasks.enqueue([stage.task()]);
      ids.push(await die(stage, `reason ${count}`));
      await stage.pass(1);
    }
    const listed = async (after?: string, limit?: number) =>
      (await tasks.dead("a", after, limit)).map(({ id }) => id);
    expect(await listed()).toEqual(ids);
    expect(await listed(undefined, 2)).toEqual(ids.slice(0, 2));
    expect(await listed(ids[1], 2)).toEqual(ids.slice(2, 4));
    expect(await listed(ids[3])).toEqual(ids.slice(4));
    expect(await listed(ids[4])).toEqual([]);
    expect(await tasks.dead("b")).toHaveLength(1);
    expect(await tasks.dead("c")).toEqual([]);
  });

  declare("the dead are redriven by their ids, from their first attempt", async (stage) => {
    const { tasks } = stage.broker;
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      await tasks.enqueue([stage.task()]);
      const { id, token } = await stage.claimOne();
      await tasks.settle([{ id, token, outcome: { type: "retry", at: stage.now() } }]);
      ids.push(await die(stage, "no"));
    }
    expect(await tasks.redrive("a", [ids[1]!, "unknown", ids[1]!])).toBe(1);
    expect(await tasks.redrive("b", ids)).toBe(0);
    expect(await tasks.redrive("a", [])).toBe(0);
    expect(await tasks.counts("a")).toMatchObject({ ...nothing, waiting: 1, dead: 2 });
    const again = await stage.claimOne();
    expect(again).toMatchObject({ id: ids[1], attempt: 1 });
    expect(await tasks.settle([{ id: ids[1]!, token: again.token, outcome: { type: "done" } }])).toEqual([
      true,
    ]);
    expect((await tasks.dead("a")).map(({ id }) => id)).toEqual([ids[0], ids[2]]);
  });

  declare("the dead are redriven all together, oldest first, and may die again", async (stage) => {
    const { tasks } = stage.broker;
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      await tasks.enqueue([stage.task()]);
      ids.push(await die(stage, "no"));
    }
    await tasks.enqueue([stage.task({ name: "b" })]);
    await die(stage, "no", ["b"]);
    expect(await tasks.redrive("a", "all")).toBe(3);
    expect(await tasks.redrive("a", "all")).toBe(0);
    expect(await tasks.dead("a")).toEqual([]);
    expect(await tasks.counts("b")).toMatchObject({ ...nothing, dead: 1 });
    expect(await die(stage, "still not")).toBe(ids[0]);
    expect(await tasks.dead("a")).toMatchObject([{ id: ids[0], attempt: 1, reason: "still not" }]);
    expect((await stage.claim()).map(({ id }) => id)).toEqual(ids.slice(1));
  });

  declare("the dead that died before a time are forgotten, of one name", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task(), stage.task(), stage.task(), stage.task({ name: "b" })]);
    await die(stage, "no", ["b"]);
    const ids = [await die(stage, "no"), await die(stage, "no")];
    await stage.pass(1_000);
    await stage.turn();
    const [, second] = await tasks.dead("a");
    expect(await tasks.forget("a", 0), "of those that died long ago").toBe(0);
    expect(await tasks.forget("c", Number.MAX_SAFE_INTEGER), "of another name").toBe(0);
    expect(await tasks.forget("a", second!.diedAt + 1)).toBe(2);
    expect(await tasks.dead("a")).toEqual([]);
    expect(await tasks.redrive("a", ids)).toBe(0);
    expect(await tasks.counts("a"), "with one that waits").toMatchObject({ ...nothing, waiting: 1 });
    const last = await die(stage, "no");
    const [letter] = await tasks.dead("a");
    expect(letter!.id).toBe(last);
    expect(await tasks.forget("a", letter!.diedAt), "of those that died before it").toBe(0);
    expect(await tasks.dead("b")).toHaveLength(1);
  });

  if (!keyOrder) return;
  declare("the dead of one key are redriven one after the other", async (stage) => {
    const { tasks } = stage.broker;
    for (let count = 0; count < 2; count++) {
      await tasks.enqueue([stage.task({ key: "k" })]);
      await die(stage, "no");
    }
    expect(await tasks.redrive("a", "all")).toBe(2);
    expect(await stage.claim()).toHaveLength(1);
  });
};

/** Claims the next task and lets it die. @returns its id. */
async function die(stage: BrokerStage, reason: string, names: readonly string[] = ["a"]): Promise<string> {
  const { id, token } = await stage.claimOne({ names });
  expect(await stage.broker.tasks.settle([{ id, token, outcome: { type: "dead", reason } }])).toEqual([true]);
  return id;
}
