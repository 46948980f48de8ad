import { expect, it } from "vitest";
import { DatabaseSync } from "../../fixtures/driver.js";
import type { Database } from "./database.js";
import { migrate, steps } from "./schema.js";

const open = () => new DatabaseSync(":memory:") as Database;

it("brings a file of an older version to the newest, step by step, once", () => {
  const db = open();
  const older = ["CREATE TABLE log (head INTEGER)", "INSERT INTO log VALUES (1)"];
  migrate(db, "a.db", older.slice(0, 1));
  migrate(db, "a.db", [...older, "UPDATE log SET head = head + 1"]);
  migrate(db, "a.db", [...older, "UPDATE log SET head = head + 1"]);
  expect(db.prepare("SELECT head FROM log").all()).toMatchObject([{ head: 2 }]);
  expect(db.prepare("PRAGMA user_version").get()).toMatchObject({ user_version: 3 });
});

it("makes a new file of the version that is known", () => {
  const db = open();
  migrate(db, "a.db");
  expect(db.prepare("PRAGMA user_version").get()).toMatchObject({ user_version: steps.length });
  expect(db.prepare("SELECT head, epoch FROM log").all()).toMatchObject([{ head: 0, epoch: null }]);
});
