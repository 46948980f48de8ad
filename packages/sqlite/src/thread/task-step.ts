import type { LogState } from "./log-state.js";

/** What is done of tasks by one call, within a transaction: when it is, the numbers that it gives, and what it changes. */
export class TaskStep {
  /** In milliseconds since the Unix epoch. */
  readonly now: number;
  /** The numbers of names of which there may be more to claim. */
  readonly readied = new Set<number>();
  /** The numbers of names of which it may have changed how tasks stand. */
  readonly changed = new Set<number>();
  readonly #before: LogState;
  #serial: number;

  constructor(now: number, before: LogState) {
    this.now = now;
    this.#before = before;
    this.#serial = before.serial;
  }

  /** The last number that was given to a task, a claim or a transaction. */
  get serial(): number {
    return this.#serial;
  }

  nextSerial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  /** The log's state behind it. */
  get state(): LogState {
    const before = this.#before;
    if (this.#serial === before.serial && this.readied.size === 0 && this.changed.size === 0) return before;
    return {
      ...before,
      serial: this.#serial,
      ready: before.ready + Math.sign(this.readied.size),
      changed: before.changed + Math.sign(this.changed.size),
    };
  }
}
