import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../store-error.js";
import { type Database, loadDriver, rollBack } from "./database.js";
import { explain, isBusy } from "./failures.js";
import { migrate } from "./schema.js";
import { checkWal, hasLostWal } from "./wal.js";

/** A file that is open: one connection that writes and one that reads what is committed. */
export interface OpenFile {
  readonly path: string;
  readonly writer: Database;
  readonly reader: Database;
  readonly epoch: string;
}

/** How long a statement of a reader waits for a lock, in milliseconds: readers wait only while a file is opened or closed. */
const readerTimeout = 1_000;
/** How large the write-ahead log stays once it was emptied, in bytes. */
export const walBytes = 64 * 2 ** 20;

/** @throws {StoreError} when it cannot be the broker's file. */
export async function openFile(path: string, busyTimeout: number): Promise<OpenFile> {
  const DatabaseSync = await loadDriver();
  const connect = () => new DatabaseSync(path, { timeout: readerTimeout });
  const opened: Database[] = [];
  try {
    checkWal(path);
    const isCut = await hasLostWal(path);
    const writer = connect();
    opened.push(writer);
    await whileBusy(busyTimeout, () => prepare(writer, path, isCut));
    // From here on who writes waits without standing still.
    writer.exec("PRAGMA busy_timeout = 0");
    const reader = connect();
    opened.push(reader);
    reader.exec("PRAGMA query_only = 1; PRAGMA cache_size = -8000");
    const row = reader.prepare<{ readonly epoch: string }>("SELECT epoch FROM log").get()!;
    return { path, writer, reader, epoch: row.epoch };
  } catch (error) {
    for (const db of opened) db.close();
    throw explain(path, error);
  }
}

function prepare(db: Database, path: string, isCut: boolean): void {
  // Before anything is changed, so that another program's file stays as it is.
  transact(db, () => migrate(db, path));
  useWal(db, path);
  db.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = 1;
    PRAGMA checkpoint_fullfsync = 1;
    PRAGMA journal_size_limit = ${walBytes};
    PRAGMA secure_delete = ON;
    PRAGMA cache_size = -16000;
  `);
  transact(db, () =>
    db
      .prepare("UPDATE log SET epoch = ? WHERE epoch IS NULL OR ?")
      .run(randomBytes(8).toString("hex"), isCut ? 1 : 0),
  );
}

/**
 * SQLite says in which mode it is, and goes on in the old one where the file system cannot do what this one needs.
 *
 * @throws {StoreError}
 */
export function useWal(db: Pick<Database, "prepare">, path: string): void {
  const mode = db.prepare<{ readonly journal_mode: string }>("PRAGMA journal_mode = WAL").get()?.journal_mode;
  if (mode === "wal") return;
  throw new StoreError(
    "StoreFileSystem",
    `"${path}" can have no write-ahead log where it is (its journal is "${mode}"): put it on a disk of this machine, not on a network file system.`,
  );
}

function transact(db: Database, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

async function whileBusy(timeout: number, work: () => void): Promise<void> {
  const until = performance.now() + timeout;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
      await sleep(10);
    }
  }
}
