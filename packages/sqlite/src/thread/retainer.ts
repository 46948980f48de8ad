import type { Retention } from "../messages.js";
import type { Database, Statement } from "./database.js";
import { StoredState } from "./log-state.js";

interface Row {
  readonly last: number;
  readonly time: number;
  readonly count: number;
  readonly bytes: number;
}

/** How many rows are looked at in one step. */
const stepRows = 256;

/** Finds what the log need not keep any longer: whole rows, the oldest first, so that at least as much stays as is to be kept. */
export class Retainer {
  readonly #retention: Retention;
  readonly #state: StoredState;
  readonly #rows: Statement<Row>;

  constructor(db: Database, retention: Retention) {
    this.#retention = retention;
    this.#state = new StoredState(db);
    this.#rows = db.prepare(`SELECT last, time, count, bytes FROM batches ORDER BY last LIMIT ${stepRows}`);
  }

  /** Whether anything ever has to go. */
  get isLimited(): boolean {
    const { age, bytes, events } = this.#retention;
    return age !== undefined || bytes !== undefined || events !== undefined;
  }

  /** The offset before which all may go; 0 when nothing has to. */
  before(now: number): number {
    const { age, bytes = Number.POSITIVE_INFINITY, events = Number.POSITIVE_INFINITY } = this.#retention;
    let left = this.#state.get();
    const isOver = () => left.events > events || left.bytes > bytes;
    const oldest = age === undefined ? Number.NEGATIVE_INFINITY : now - age;
    let before = 0;
    for (const row of this.#rows.iterate()) {
      const rest = { events: left.events - row.count, bytes: left.bytes - row.bytes };
      const isOld = row.time < oldest;
      const isTooMuch = isOver() && row.last < left.head && !(rest.events < events && rest.bytes < bytes);
      if (!isOld && !isTooMuch) break;
      before = row.last + 1;
      left = { ...left, ...rest };
    }
    return before;
  }
}
