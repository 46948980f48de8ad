import { join } from "node:path";
import { createFolder } from "@eventwire/programs";
import { expect, it, onTestFinished } from "vitest";
import { type Database, loadDriver } from "./database.js";
import { openFile, useWal } from "./open-file.js";

const full = 2;

function pragma(db: Database, name: string): unknown {
  return Object.values(db.prepare<Record<string, unknown>>(`PRAGMA ${name}`).get()!)[0];
}

it("waits in each commit until the disk has it, in a file that is new and in one that is there", async () => {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  for (let times = 0; times < 2; times++) {
    const { writer, reader } = await openFile(join(folder.path, "events.db"), 1_000);
    expect(pragma(writer, "journal_mode")).toBe("wal");
    expect(pragma(writer, "synchronous")).toBe(full);
    // Elsewhere than on macOS an fsync is one.
    expect(pragma(writer, "fullfsync")).toBe(1);
    expect(pragma(writer, "checkpoint_fullfsync")).toBe(1);
    expect(pragma(reader, "query_only")).toBe(1);
    reader.close();
    writer.close();
  }
});

it("is refused where there can be no write-ahead log, as SQLite would go on without it", async () => {
  const DatabaseSync = await loadDriver();
  // One in memory has none either.
  const db = new DatabaseSync(":memory:");
  onTestFinished(() => db.close());
  expect(() => useWal(db, "events.db")).toThrow(
    expect.objectContaining({ code: "StoreFileSystem", message: expect.stringContaining("network") }),
  );
});
