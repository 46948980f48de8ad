import { expect, it } from "vitest";
import { createPath, openBroker } from "../../fixtures/broker.js";
import { DatabaseSync } from "../../fixtures/driver.js";
import type { Database } from "./database.js";
import { keyBytes } from "./keys.js";
import { migrate, steps } from "./schema.js";
import { bytesOf } from "./text.js";

/** The version that had tasks, and did not know of them by their ids. */
const before = 3;

/** A file as that version left it: a task in each of its states, two of a key, and one of another name. */
function createOlder(path: string): void {
  const db = new DatabaseSync(path) as Database;
  db.exec("BEGIN IMMEDIATE");
  migrate(db, path, steps.slice(0, before));
  db.exec("INSERT INTO names VALUES (1, CAST('a' AS BLOB)), (2, CAST('b' AS BLOB))");
  const insert = db.prepare(
    `INSERT INTO tasks (place, state, name, "key", head, priority, due, attempt, token, until, lease, died, died_at, reason, id, time, body)
     VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'01')`,
  );
  const add = (place: number, state: number, more: Readonly<Record<string, number>> = {}, key?: string) => {
    const { name = 1, head = 0, due = 0, attempt = 0 } = more;
    const claimed = state === 2 ? [100 + place, Date.now() + 3_600_000, 3_600_000] : [null, null, null];
    const dead = state === 4 ? [place, 5_000, "no"] : [null, null, null];
    const id = bytesOf(`t${place}`);
    insert.run(
      place,
      state,
      name,
      key ? keyBytes(key) : null,
      head,
      due,
      attempt,
      ...claimed,
      ...dead,
      id,
      1_000 * place,
    );
  };
  add(1, 0, { head: 1 }, "k");
  add(2, 3, {}, "k");
  add(3, 1, { due: Date.now() + 3_600_000 });
  add(4, 2, { attempt: 1 });
  add(5, 4, { attempt: 3 });
  add(6, 0, { name: 2 });
  add(7, 0);
  db.exec("UPDATE log SET serial = 200");
  db.exec("COMMIT");
  db.close();
}

it("knows the tasks of a file of the version before, and does with them what is new", async () => {
  const path = createPath();
  createOlder(path);
  const { tasks } = await openBroker(path);
  const common = { blocked: 0, paused: false };
  expect(await tasks.counts("a")).toEqual({
    ...common,
    ...{ waiting: 3, delayed: 1, claimed: 1, dead: 1, oldest: 1_000 },
  });
  expect(await tasks.counts("b")).toEqual({
    ...common,
    ...{ waiting: 1, delayed: 0, claimed: 0, dead: 0, oldest: 6_000 },
  });
  const states = await tasks.states(["t1", "t2", "t3", "t4", "t5", "t6"]);
  expect(states.map((one) => one?.state)).toEqual([
    "waiting",
    "waiting",
    "delayed",
    "claimed",
    "dead",
    "waiting",
  ]);
  await tasks.enqueue([
    { id: "new", name: "a", key: undefined, time: 1, body: new Uint8Array(), after: ["t4"] },
  ]);
  expect(await tasks.settle([{ id: "t4", token: 104, outcome: { type: "done" } }])).toEqual([true]);
  expect(await tasks.cancel("a", ["t1", "t3"])).toBe(2);
  expect(await tasks.redrive("a", "all")).toBe(1);
  const claimed = await tasks.claim({ names: ["a", "b"], owner: "w", lease: 60_000, limit: 10 });
  expect(claimed.map(({ id }) => id)).toEqual(["t2", "t5", "t6", "t7", "new"]);
  expect(await tasks.counts("a")).toMatchObject({ waiting: 0, delayed: 0, claimed: 4, dead: 0 });
});
