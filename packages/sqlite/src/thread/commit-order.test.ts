import { join } from "node:path";
import { createFolder } from "@eventwire/programs";
import { expect, it, onTestFinished } from "vitest";
import { WrittenLog } from "../../fixtures/written-log.js";
import type { Database } from "./database.js";

/** A log whose connection says what it executes, and may fail to. */
async function openWatched(execute: (sql: string, execute: () => void) => void) {
  const folder = createFolder();
  const log = await WrittenLog.open(join(folder.path, "events.db"), (db: Database) => ({
    prepare: (sql) => db.prepare(sql),
    exec: (sql) => execute(sql, () => db.exec(sql)),
    close: () => db.close(),
    get isTransaction() {
      return db.isTransaction;
    },
  }));
  onTestFinished(() => {
    log.close();
    folder.remove();
  });
  return log;
}

it("acknowledges nothing before the commit that it is in has returned", async () => {
  let committing = 0;
  let committed = 0;
  const early: string[] = [];
  const log = await openWatched((sql, execute) => {
    if (sql === "COMMIT") committing += 1;
    const before = log?.acknowledged ?? 0;
    execute();
    if (log.acknowledged !== before) early.push(sql);
    if (sql === "COMMIT") committed += 1;
  });
  for (let round = 1; round <= 20; round++) {
    const groups = Array.from({ length: round }, async () => {
      const before = committed;
      await log.append(3);
      if (committed === before) early.push(`round ${round}`);
    });
    await Promise.all(groups);
    expect(committed).toBe(round);
  }
  expect(early).toEqual([]);
  expect(committing).toBe(20);
});

it("acknowledges nothing whose commit fails", async () => {
  const failure = new Error("disk I/O error");
  const log = await openWatched((sql, execute) => {
    if (sql === "COMMIT") throw failure;
    execute();
  });
  const outcomes = await Promise.allSettled([log.append(1), log.append(2)]);
  expect(outcomes).toEqual([
    { status: "rejected", reason: failure },
    { status: "rejected", reason: failure },
  ]);
  expect(log.acknowledged).toBe(0);
});
