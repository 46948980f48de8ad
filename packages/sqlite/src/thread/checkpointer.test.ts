import { statSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { createPath } from "../../fixtures/broker.js";
import { DatabaseSync } from "../../fixtures/driver.js";
import { Checkpointer } from "./checkpointer.js";
import type { Database } from "./database.js";
import { openFile } from "./open-file.js";

it("empties a write-ahead log that a reader had kept from being begun anew", async () => {
  const path = createPath();
  const { writer, reader } = await openFile(path, 1_000);
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  const walBytes = () => statSync(`${path}-wal`).size;
  const checkpointer = new Checkpointer(writer, path, 1_000_000);
  const commit = (count: number) => {
    for (let done = 0; done < count; done++) {
      writer.exec("UPDATE log SET time = time + 1");
      checkpointer.committed();
    }
  };
  other.exec("BEGIN");
  other.prepare("SELECT head FROM log").get();
  commit(512);
  expect(walBytes(), "while it is read").toBeGreaterThan(1_000_000);
  other.exec("COMMIT");
  commit(256);
  expect(walBytes(), "afterwards").toBeLessThan(1_000_000);
});

it("leaves alone what was committed where it cannot empty it, and waits for nobody from then on", async () => {
  const path = createPath();
  const { writer, reader } = await openFile(path, 1_000);
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  const full: Database = {
    prepare: (sql) => writer.prepare(sql),
    exec: (sql) => {
      if (sql.includes("wal_checkpoint")) throw new Error("database or disk is full");
      writer.exec(sql);
    },
    close: () => undefined,
    isTransaction: false,
  };
  const checkpointer = new Checkpointer(full, path, 0);
  for (let done = 0; done < 256; done++) checkpointer.committed();
  expect(writer.prepare("PRAGMA busy_timeout").get()).toEqual({ timeout: 0 });
});
