import type { DeadTask, TaskCounts, TaskState } from "@eventwire/core";
import type { Database, Statement } from "./database.js";
import { keyOf } from "./keys.js";
import { type NameState, readsNameState } from "./name-states.js";
import { Names } from "./names.js";
import { earlier, OldestTask } from "./oldest-task.js";
import { awaiting, cancelled, claimed, dead, delayed, done } from "./task-states.js";
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

interface StateRow {
  readonly name: number;
  readonly key: Uint8Array | null;
  readonly state: number;
  readonly due: number;
  readonly until: number | null;
  readonly attempt: number;
  readonly progress: Uint8Array | null;
  readonly result: Uint8Array | null;
  readonly reason: Uint8Array | null;
}

/** What has come due, and is not yet so in the file: how many, and the oldest. */
interface Overdue {
  readonly count: number;
  readonly oldest: number | null;
}

/** The number of no name. */
const none = 0;

/** Looks at tasks that are committed. */
export class TaskReader {
  readonly #names: Names;
  readonly #find: Statement<{ readonly died: number }>;
  readonly #dead: Statement<DeadRow>;
  readonly #state: Statement<StateRow>;
  readonly #counts: (name: number) => NameState;
  readonly #overdue: Statement<Overdue>;
  readonly #oldest: OldestTask;

  constructor(db: Database) {
    this.#names = new Names(db);
    this.#find = db.prepare(
      `SELECT died FROM tasks WHERE state = ${dead} AND name = ? AND id = ? ORDER BY died DESC LIMIT 1`,
    );
    this.#dead = db.prepare(
      `SELECT died, id, "key", time, attempt, CAST(reason AS BLOB) AS reason, died_at AS diedAt, body FROM tasks
       WHERE state = ${dead} AND name = ? AND died > ? ORDER BY died LIMIT ?`,
    );
    this.#state = db.prepare(
      `SELECT name, "key", state, due, until, attempt, progress, result, CAST(reason AS BLOB) AS reason FROM tasks
       WHERE id = ? ORDER BY place DESC LIMIT 1`,
    );
    this.#counts = readsNameState(db);
    this.#overdue = db.prepare(
      `SELECT count(*) AS count, min(time) AS oldest FROM tasks WHERE state = ${delayed} AND name = ? AND due <= ?`,
    );
    this.#oldest = new OldestTask(db);
  }

  counts(name: string, now: number): TaskCounts {
    const number = this.#names.find(name) ?? none;
    const counts = this.#counts(number);
    const overdue = this.#overdue.get(number, now)!;
    const oldest = this.#oldest.time(number);
    return {
      waiting: counts.ready + counts.blocked + counts.throttled + overdue.count,
      delayed: counts.delayed - overdue.count,
      blocked: counts.awaiting,
      claimed: counts.claimed,
      dead: counts.dead,
      oldest: earlier(oldest, overdue.oldest ?? undefined),
      paused: counts.paused !== 0,
    };
  }

  /** In the order of the ids. */
  states(ids: readonly string[], now: number): readonly (TaskState | undefined)[] {
    return ids.map((id) => {
      const row = this.#state.get(bytesOf(id));
      return row && !(row.state >= done && row.until! <= now) ? this.#stateOf(id, row, now) : undefined;
    });
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

  #stateOf(id: string, row: StateRow, now: number): TaskState {
    const { name, key, attempt, progress, result, reason } = row;
    return {
      id,
      name: this.#names.text(name)!,
      key: key ? keyOf(key) : undefined,
      state: stateOf(row, now),
      attempt,
      progress: progress ?? undefined,
      result: result ?? undefined,
      reason: reason ? textOf(reason) : undefined,
    };
  }
}

function stateOf({ state, due }: StateRow, now: number): TaskState["state"] {
  switch (state) {
    case delayed:
      return due > now ? "delayed" : "waiting";
    case claimed:
      return "claimed";
    case awaiting:
      return "blocked";
    case dead:
      return "dead";
    case done:
      return "done";
    case cancelled:
      return "cancelled";
    default:
      return "waiting";
  }
}
