import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { StoreError } from "../store-error.js";
import { type Database, loadDriver } from "../thread/database.js";
import { explain } from "../thread/failures.js";
import { LogReader } from "../thread/reader.js";
import { applicationId, steps } from "../thread/schema.js";
import { checkWal } from "../thread/wal.js";

/** How long to wait for a lock, in milliseconds: readers wait only while a file is opened or closed. */
const lockTimeout = 2_000;

/** A log's file, open for reading: nothing is made, written or locked away from others. */
export interface LogFile {
  readonly path: string;
  readonly version: number;
  readonly epoch: string;
  readonly db: Database;
  readonly reader: LogReader;
  /** Whether others have begun to use it since, so that it must be opened again. */
  isOutdated(): boolean;
  close(): void;
}

/** @throws {StoreError} when it cannot be read as a log. */
export async function openLogFile(file: string): Promise<LogFile> {
  const path = resolve(file);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new StoreError("StoreUnavailable", `"${file}" is no file.`);
  }
  const DatabaseSync = await loadDriver();
  const connect = (address: string) => new DatabaseSync(address, { readOnly: true, timeout: lockTimeout });
  const wal = sizeOf(`${path}-wal`);
  const shared = existsSync(`${path}-shm`);
  try {
    checkWal(path);
    // Others have it open, or a crash has left it so: what SQLite needs beside it is there.
    if (wal !== undefined && shared) {
      try {
        return read(path, connect(path));
      } catch (error) {
        if (!["StoreReadOnly", "StoreUnavailable"].includes(codeOf(explain(path, error)))) throw error;
        return readCopy(path, connect);
      }
    }
    // A copy of both: to read the second one, SQLite would make a third beside them.
    if (wal) return readCopy(path, connect);
    return read(path, connect(`${pathToFileURL(path).href}?immutable=1`), changes(path));
  } catch (error) {
    throw explain(file, error);
  }
}

function read(path: string, db: Database, isOutdated = () => false, after?: () => void): LogFile {
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    db.close();
    after?.();
  };
  try {
    const version = checkVersion(path, db);
    const row = db.prepare<{ readonly epoch: string | null }>("SELECT epoch FROM log").get();
    const reader = new LogReader(db, path);
    return { path, version, epoch: row?.epoch ?? "", db, reader, isOutdated, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Reads what both files hold from a folder of its own. */
function readCopy(path: string, connect: (path: string) => Database): LogFile {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-log-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const copy = join(folder, basename(path));
  try {
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    return read(path, connect(copy), changes(path), remove);
  } catch (error) {
    remove();
    throw error;
  }
}

function checkVersion(path: string, db: Database): number {
  const pragma = (name: string) =>
    Object.values(db.prepare<Record<string, number>>(`PRAGMA ${name}`).get() ?? {})[0];
  const version = pragma("user_version") ?? 0;
  if (pragma("application_id") !== applicationId) {
    throw new StoreError("StoreForeign", `"${path}" is a database, but no log of Eventwire's.`);
  }
  if (version === steps.length) return version;
  const words =
    version > steps.length
      ? "update @eventwire/sqlite"
      : "open it with a broker of this version once, which brings it up to date";
  throw new StoreError(
    "StoreNewer",
    `"${path}" is of version ${version}, and this is made for ${steps.length}: ${words}.`,
  );
}

/** Tells whether somebody has written to a file since. */
function changes(path: string): () => boolean {
  const before = statSync(path);
  const shared = existsSync(`${path}-shm`);
  return () => {
    const now = statSync(path, { throwIfNoEntry: false });
    return (
      existsSync(`${path}-shm`) !== shared || now?.size !== before.size || now.mtimeMs !== before.mtimeMs
    );
  };
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function codeOf(error: unknown): string {
  return error instanceof StoreError ? error.code : "";
}
