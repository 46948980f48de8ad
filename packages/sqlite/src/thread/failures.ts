import { ClosedError, EventwireError, InvalidError } from "@eventwire/core";
import type { Failure } from "../messages.js";
import { StoreError, type StoreErrorCode } from "../store-error.js";

/** SQLite's result codes, https://sqlite.org/rescode.html: the primary ones, which are the low byte of all others. */
const busy = 5;
const meanings: Readonly<Record<number, readonly [code: StoreErrorCode, means: string]>> = {
  3: ["StoreUnavailable", "it may not be opened; see to its permissions"],
  [busy]: ["StoreLocked", "another program holds it; end that one, or raise { busyTimeout }"],
  6: ["StoreLocked", "another program holds it; end that one, or raise { busyTimeout }"],
  8: ["StoreReadOnly", "it cannot be written; see to the permissions of the file and its folder"],
  11: ["StoreDamaged", "its pages are damaged; restore a backup"],
  13: ["StoreFull", "the disk is full; make room"],
  14: ["StoreUnavailable", "it cannot be opened; see that its folder is there, and may be read and written"],
  23: ["StoreUnavailable", "it may not be opened; see to its permissions"],
  26: ["StoreForeign", "it is no database; give another path, or restore a backup"],
};

/** What a driver says that names no code, of what may come at any statement. */
const texts: Readonly<Record<string, number>> = {
  "database disk image is malformed": 11,
  "database or disk is full": 13,
  "file is not a database": 26,
};

/** As some drivers name them, and what is more said of them: "SQLITE_IOERR_WRITE". */
const names: Readonly<Record<string, number>> = { BUSY: busy, NOMEM: 7, IOERR: 10, CORRUPT: 11, FULL: 13 };

/** Those of a database that fails whatever is asked of it. */
const failing = new Set(Object.values(names));

/** Whether the database failed, and not what was asked of it; also where that is what led to an error. */
export function isStoreFailing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return failing.has(primaryCode(error) ?? -1) || (cause !== undefined && isStoreFailing(cause));
}

/** Whether another connection was at work. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === busy;
}

/** The error that says what SQLite's means, where that is known: then nothing was done. */
export function explain(file: string, error: unknown): unknown {
  if (EventwireError.is(error)) return error;
  const meaning = meanings[primaryCode(error) ?? -1];
  if (!meaning) return error;
  const [code, means] = meaning;
  return new StoreError(code, `"${file}": ${means} (${messageOf(error)}).`, error);
}

/** For the other thread. */
export function failureOf(file: string, error: unknown): Failure {
  const explained = explain(file, error);
  if (explained instanceof StoreError) return { code: explained.code, message: explained.message };
  if (explained instanceof InvalidError) {
    const { name = "", issues, message } = explained;
    return { code: "Invalid", message, invalid: { name, issues } };
  }
  if (explained instanceof ClosedError) return { code: "Closed", message: explained.message };
  return { code: undefined, message: `"${file}": ${messageOf(error)}` };
}

function primaryCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  const name = typeof code === "string" ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined;
  return names[name ?? ""] ?? texts[messageOf(error)];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
