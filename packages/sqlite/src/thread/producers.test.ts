import { DatabaseSync } from "@photostructure/sqlite";
import { expect, it } from "vitest";
import type { Database } from "./database.js";
import { Producers } from "./producers.js";
import { migrate, steps } from "./schema.js";

const open = () => new DatabaseSync(":memory:") as Database;
const count = (db: Database) =>
  db.prepare<{ readonly count: number }>("SELECT COUNT(*) AS count FROM producers").get()!.count;

it("lets go of those that were silent for the window, a few in each transaction", () => {
  const db = open();
  migrate(db, "a.db");
  const producers = new Producers(db, { producerWindow: 1_000, producersPerOwner: 1_000 });
  for (let index = 0; index < 100; index++) producers.advance({ id: `p${index}`, epoch: 1, sequence: 1 }, 0);
  producers.settle(0);
  expect(count(db)).toBe(100);
  const counts: number[] = [];
  for (let turn = 0; turn < 10; turn++) {
    producers.advance({ id: "busy", epoch: 1, sequence: turn + 1 }, 5_000);
    producers.settle(5_000);
    counts.push(count(db));
  }
  expect(counts.at(-1)).toBe(1);
  for (const [index, after] of counts.entries()) {
    expect((counts[index - 1] ?? 101) - after, "gone in one transaction").toBeLessThanOrEqual(16);
  }
});

it("forgets at the time that is stated, whether it has let go of them yet or not", () => {
  const db = open();
  migrate(db, "a.db");
  const producers = new Producers(db, { producerWindow: 1_000, producersPerOwner: 1_000 });
  producers.advance({ id: "p", epoch: 3, sequence: 1 }, 0);
  producers.settle(0);
  expect(producers.advance({ id: "p", epoch: 2, sequence: 2 }, 999)).toEqual({ type: "fenced" });
  producers.undo();
  expect(producers.advance({ id: "p", epoch: 2, sequence: 2 }, 1_000)).toEqual({
    type: "conflict",
    expected: 1,
  });
});

it("knows those of an older file from the time on at which that was brought up to date", () => {
  const db = open();
  migrate(db, "a.db", steps.slice(0, 1));
  db.exec("INSERT INTO producers VALUES (x'70', 3, 7)");
  const before = Date.now() - 1_000;
  migrate(db, "a.db");
  const { time } = db.prepare<{ readonly time: number }>("SELECT time FROM producers").get()!;
  expect(time).toBeGreaterThanOrEqual(before);
  const producers = new Producers(db, { producerWindow: 10_000, producersPerOwner: 1_000 });
  expect(producers.advance({ id: "p", epoch: 3, sequence: 8 }, Date.now())).toBeUndefined();
});

it("keeps of one owner's those that appended last", () => {
  const db = open();
  migrate(db, "a.db");
  const producers = new Producers(db, { producerWindow: 1_000, producersPerOwner: 3 });
  const advance = (id: string, sequence: number, time: number, owner?: string) => {
    producers.advance({ id, epoch: 1, sequence, owner }, time);
    producers.settle(time);
  };
  advance("nobody's", 1, 0);
  advance("other", 1, 0, "other");
  for (const [time, id] of ["a", "b", "c"].entries()) advance(id, 1, time, "ann");
  advance("a", 2, 3, "ann");
  advance("d", 1, 4, "ann");
  const ids = db.prepare<{ readonly id: string }>("SELECT CAST(id AS TEXT) AS id FROM producers").all();
  expect(ids.map(({ id }) => id)).toEqual(["a", "c", "d", "nobody's", "other"]);
});

it("knows nothing of a forgotten one by what it appends as if it were known", () => {
  const db = open();
  migrate(db, "a.db");
  const producers = new Producers(db, { producerWindow: 1_000, producersPerOwner: 3 });
  expect(producers.advance({ id: "p", epoch: 1, sequence: 1, begun: true }, 0)).toEqual({ type: "fenced" });
  producers.settle(0);
  expect(count(db)).toBe(0);
});
