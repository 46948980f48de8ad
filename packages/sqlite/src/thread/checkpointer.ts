import { statSync } from "node:fs";
import type { Database } from "./database.js";

/** After how many commits to look. */
const every = 256;
/** How long who writes waits for readers then, in milliseconds. */
const patience = 200;

/**
 * Keeps the write-ahead log from growing without end: SQLite begins it anew only when nobody is reading from it, and where
 * many processes read all the time that may never be. Then they are waited for.
 */
export class Checkpointer {
  readonly #db: Database;
  readonly #wal: string;
  readonly #limit: number;
  #commits = 0;

  /** @param limit how large it may grow, in bytes. */
  constructor(db: Database, path: string, limit: number) {
    this.#db = db;
    this.#wal = `${path}-wal`;
    this.#limit = limit;
  }

  /** To be called after each commit. */
  committed(): void {
    this.#commits += 1;
    if (this.#commits < every) return;
    this.#commits = 0;
    const { size } = statSync(this.#wal, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size <= this.#limit) return;
    this.#db.exec(`PRAGMA busy_timeout = ${patience}`);
    try {
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // What was committed is safe all the same, and it is tried again: there may be no room for it now.
    } finally {
      this.#db.exec("PRAGMA busy_timeout = 0");
    }
  }
}
