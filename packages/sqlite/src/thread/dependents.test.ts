import type { NewTask } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { createPath, openBroker } from "../../fixtures/broker.js";
import { DatabaseSync } from "../../fixtures/driver.js";
import type { SqliteBroker } from "../sqlite.js";
import type { Database } from "./database.js";

const many = 2_500;
let last = 0;

function task(name: string, after: readonly string[] = [], more: Partial<NewTask> = {}): NewTask {
  last += 1;
  return { id: `t.${last}`, name, key: undefined, time: last, body: Uint8Array.of(1), after, ...more };
}

/** A task, and many that wait for it, another one behind each of them. */
async function createTree({ tasks }: SqliteBroker) {
  const root = task("root");
  const children = Array.from({ length: many }, () => task("child", [root.id]));
  const grandchildren = children.map(({ id }) => task("grandchild", [id]));
  await tasks.enqueue([root]);
  await tasks.enqueue(children);
  await tasks.enqueue(grandchildren);
  const [claimed] = await tasks.claim({ names: ["root"], owner: "w", lease: 60_000, limit: 1 });
  const { id, token } = claimed!;
  return { root, children, grandchildren, end: { id, token } };
}

const eventually = (look: () => Promise<void>) => vi.waitFor(look, { timeout: 30_000, interval: 5 });

it("Many that wait for one come in their order once it is done, and others' calls go in between", async () => {
  const broker = await openBroker(createPath());
  const { tasks } = broker;
  const { children, end } = await createTree(broker);
  await tasks.settle([{ ...end, outcome: { type: "done" } }]);
  const { waiting, blocked } = await tasks.counts("child");
  expect(waiting).toBeGreaterThanOrEqual(1_000);
  expect(waiting + blocked).toBe(many);
  expect(blocked, "not all are told in the transaction of the end").toBeGreaterThan(0);
  await eventually(async () =>
    expect(await tasks.counts("child")).toMatchObject({ waiting: many, blocked: 0 }),
  );
  const claimed = await tasks.claim({ names: ["child"], owner: "w", lease: 60_000, limit: many });
  expect(claimed.map(({ id }) => id)).toEqual(children.map(({ id }) => id));
  expect(await tasks.counts("grandchild")).toMatchObject({ blocked: many });
}, 60_000);

it.each(["cancelled", "dead"])(
  "All that wait for one that is %s die, and those behind them",
  async (fate) => {
    const broker = await openBroker(createPath());
    const { tasks } = broker;
    const { root, children, end } = await createTree(broker);
    if (fate === "dead") await tasks.settle([{ ...end, outcome: { type: "dead", reason: "no" } }]);
    else expect(await tasks.cancel("root", [root.id])).toBe(1);
    expect(
      (await tasks.counts("child")).blocked,
      "not all die in the transaction of the end",
    ).toBeGreaterThan(0);
    await eventually(async () => {
      expect(await tasks.counts("child")).toMatchObject({ dead: many, blocked: 0 });
      expect(await tasks.counts("grandchild")).toMatchObject({ dead: many, blocked: 0 });
    });
    const reasons = new Set((await tasks.dead("grandchild")).map(({ reason }) => reason));
    expect(reasons).toEqual(
      new Set(children.map(({ id }) => `"${id}", which was to be done before, is dead`)),
    );
    if (fate === "dead") {
      expect(await tasks.redrive("root", "all")).toBe(1);
      expect(await tasks.redrive("child", "all")).toBe(many);
      expect(await tasks.redrive("grandchild", "all")).toBe(many);
      expect(await tasks.counts("grandchild")).toMatchObject({ dead: 0, blocked: many });
    }
  },
  60_000,
);

it("Who waits for one that is redriven, and was not told of its death, goes on waiting", async () => {
  const broker = await openBroker(createPath());
  const { tasks } = broker;
  const { end } = await createTree(broker);
  const [, redriven] = await Promise.all([
    tasks.settle([{ ...end, outcome: { type: "dead", reason: "no" } }]),
    tasks.redrive("root", "all"),
  ]);
  expect(redriven).toBe(1);
  const { dead, blocked } = await tasks.counts("child");
  expect([dead > 0, blocked > 0, dead + blocked]).toEqual([true, true, many]);
  expect(await tasks.redrive("child", "all")).toBe(dead);
  const [claimed] = await tasks.claim({ names: ["root"], owner: "w", lease: 60_000, limit: 1 });
  await tasks.settle([{ id: claimed!.id, token: claimed!.token, outcome: { type: "done" } }]);
  await eventually(async () =>
    expect(await tasks.counts("child")).toMatchObject({ waiting: many, blocked: 0 }),
  );
}, 60_000);

it("What a process that was lost has left to be told another one tells", async () => {
  const path = createPath();
  const first = await openBroker(path);
  const { root } = await createTree(first);
  await first.close({ drain: 1_000 });
  const db = new DatabaseSync(path) as Database;
  const place = db
    .prepare<{ place: number }>("SELECT place FROM tasks WHERE id = CAST(? AS BLOB)")
    .get(root.id)!.place;
  // As a process leaves it that is lost once its transaction is on the disk.
  db.exec(`DELETE FROM tasks WHERE place = ${place}; UPDATE task_names SET claimed = 0`);
  db.exec(`INSERT INTO task_ends VALUES (${place}, 7, x'', 0)`);
  db.close();
  const { tasks } = await openBroker(path);
  await eventually(async () =>
    expect(await tasks.counts("child")).toMatchObject({ waiting: many, blocked: 0 }),
  );
}, 60_000);
