import type { Database, Statement } from "./database.js";

/** What is known of the whole log, without going through it. */
export interface LogState {
  /** The largest offset that was ever given. */
  readonly head: number;
  /** When it was: never less than that of an event before it, whatever the clock does. */
  readonly time: number;
  readonly events: number;
  /** Of bodies. */
  readonly bytes: number;
  /** The largest offset that was trimmed, and when what had it was appended. */
  readonly trimmed: number;
  readonly trimmedTime: number;
  /** The last number that was given to a task, a claim or a transaction. */
  readonly serial: number;
  /** Rises when there may be more to claim. */
  readonly ready: number;
  /** Rises when it may have changed how tasks stand. */
  readonly changed: number;
}

const columns = "head, time, events, bytes, trimmed, trimmed_time AS trimmedTime, serial, ready, changed";

/** The log's state in the file. */
export class StoredState {
  readonly #get: Statement<LogState>;
  readonly #set: Statement<unknown>;

  constructor(db: Database) {
    this.#get = db.prepare(`SELECT ${columns} FROM log`);
    this.#set = db.prepare(
      "UPDATE log SET head = ?, time = ?, events = ?, bytes = ?, trimmed = ?, trimmed_time = ?, serial = ?, ready = ?, changed = ?",
    );
  }

  get(): LogState {
    return this.#get.get()!;
  }

  set({ head, time, events, bytes, trimmed, trimmedTime, serial, ready, changed }: LogState): void {
    this.#set.run(head, time, events, bytes, trimmed, trimmedTime, serial, ready, changed);
  }
}
