import type { DeadTask, TaskCounts } from "@eventwire/core";
import type { Database, Statement } from "./database.js";
import { keyOf } from "./keys.js";
import { Names } from "./names.js";
import { blocked, claimed, dead, delayed, ready } from "./task-states.js";
import { bytesOf, textOf } from "./text.js";

interface DeadRow {
  readonly died: number;
  readonly id: Uint8Array;
  readonly key: Uint8Array | null;
  readonly time: number;
  readonly attempt: number;
  readonly reason: Uint8Array;
  readonly diedAt: number;
  readonly body: Uint8Array;
}

/** The number of no name. */
const none = 0;

/** Looks at tasks that are committed. */
export class TaskReader {
  readonly #names: Names;
  readonly #find: Statement<{ readonly died: number }>;
  readonly #dead: Statement<DeadRow>;
  readonly #counts: Statement<TaskCounts>;

  constructor(db: Database) {
    this.#names = new Names(db);
    this.#find = db.prepare(
      `SELECT died FROM tasks WHERE state = ${dead} AND name = ? AND id = ? ORDER BY died DESC LIMIT 1`,
    );
    this.#dead = db.prepare(
      `SELECT died, id, "key", time, attempt, CAST(reason AS BLOB) AS reason, died_at AS diedAt, body FROM tasks
       WHERE state = ${dead} AND name = ? AND died > ? ORDER BY died LIMIT ?`,
    );
    const count = (state: number, where = "true") =>
      `(SELECT count(*) FROM tasks WHERE state = ${state} AND name = ?1 AND ${where})`;
    this.#counts = db.prepare(
      `SELECT ${count(ready)} + ${count(blocked)} + ${count(delayed, "due <= ?2")} + ${count(claimed, "until <= ?2")} AS waiting,
         ${count(delayed, "due > ?2")} AS delayed, ${count(claimed, "until > ?2")} AS claimed, ${count(dead)} AS dead`,
    );
  }

  counts(name: string, now: number): TaskCounts {
    return { ...this.#counts.get(this.#names.find(name) ?? none, now)! };
  }

  /** Oldest first, from after the id `after` on. */
  dead(name: string, after: string | undefined, limit: number): readonly DeadTask[] {
    const number = this.#names.find(name) ?? none;
    const from = after === undefined ? undefined : this.#find.get(number, bytesOf(after));
    const rows = this.#dead.all(number, from?.died ?? 0, Math.min(limit, Number.MAX_SAFE_INTEGER));
    return rows.map(({ id, key, time, attempt, reason, diedAt, body }) => ({
      id: textOf(id),
      name,
      key: key ? keyOf(key) : undefined,
      time,
      attempt,
      reason: textOf(reason),
      diedAt,
      body,
    }));
  }
}
