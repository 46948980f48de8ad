import { EventwireError } from "@eventwire/core";
import type { Records } from "../records.js";
import { BatchBuilder } from "./batch-builder.js";
import { Batches, openBatch, type StoredBatch, storedColumns } from "./batches.js";
import type { Database, Statement } from "./database.js";
import type { LogState } from "./log-state.js";
import { TrimMarks } from "./trim-marks.js";

/** How much one step looks at: others wait for it. Of rows that it reads, and of offsets in which it looks for them. */
const stepRows = 256;
const stepBytes = 4 * 2 ** 20;
const stepOffsets = 65_536;

/** What is to be forgotten. */
export interface Sweep {
  /** It all lies before this offset. */
  readonly before: number;
  /** Masks of the rows that may have some of it. */
  readonly names: bigint;
  readonly shards: bigint;
  /** Whether it is gone through from the newest to the oldest. */
  readonly newestFirst: boolean;
  /** Who has not read what was trimmed misses something; what is erased leaves no trace. */
  readonly kind: "trim" | "compact" | "erase";
  /** Whether it is whole rows, but for the last. */
  readonly wholeRows: boolean;
  /** Whether a record, which lies before the offset, is to be forgotten. */
  forgets(records: Records, at: number, offset: number): boolean;
}

/** What a step has done. */
export interface Step {
  readonly state: LogState;
  /** How many records are forgotten. */
  readonly count: number;
  /** Where the next step begins; `undefined` when nothing is left. */
  readonly next: number | undefined;
}

type Row = StoredBatch & { readonly bytes: number };

/** The rows of a step, and where the next one begins. */
interface Taken {
  readonly rows: readonly Row[];
  readonly next: number | undefined;
}

/** Forgets events within a transaction, a step at a time. */
export class Sweeper {
  readonly #file: string;
  readonly #batches: Batches;
  readonly #marks: TrimMarks;
  readonly #lowest: Statement<Pick<Row, "first" | "last">>;
  readonly #highest: Statement<Pick<Row, "first" | "last">>;
  readonly #rising: Statement<Row>;
  readonly #falling: Statement<Row>;

  constructor(db: Database, file: string) {
    this.#file = file;
    this.#batches = new Batches(db);
    this.#marks = new TrimMarks(db);
    this.#lowest = db.prepare("SELECT first, last FROM batches WHERE last > ? ORDER BY last LIMIT 1");
    this.#highest = db.prepare("SELECT first, last FROM batches WHERE last < ? ORDER BY last DESC LIMIT 1");
    const rows = (range: string) =>
      db.prepare<Row>(
        `SELECT ${storedColumns}, bytes FROM batches
         WHERE first < ? AND (names & ?) != 0 AND (shards & ?) != 0 AND ${range} LIMIT ${stepRows}`,
      );
    this.#rising = rows("last > ? AND last <= ? ORDER BY last");
    this.#falling = rows("last < ? AND last >= ? ORDER BY last DESC");
  }

  /** @param from where the step begins: what the one before has said. */
  step(sweep: Sweep, from: number | undefined, state: LogState): Step {
    const { rows, next } = sweep.newestFirst ? this.#fall(sweep, from) : this.#rise(sweep, from);
    const forgotten = new Forgotten();
    for (const row of rows) this.#sweep(row, sweep, forgotten);
    const { count, bytes, last } = forgotten;
    if (count === 0) return { count, next, state };
    if (sweep.kind === "trim") forgotten.mark(this.#marks);
    const trimmed = sweep.kind === "trim" && last && last.offset > state.trimmed;
    return {
      count,
      next,
      state: {
        ...state,
        events: state.events - count,
        bytes: state.bytes - bytes,
        ...(trimmed && { trimmed: last.offset, trimmedTime: last.time }),
      },
    };
  }

  #rise({ before, names, shards }: Sweep, from = 0): Taken {
    const lowest = this.#lowest.get(from);
    if (!lowest || lowest.first >= before) return { rows: [], next: undefined };
    const end = lowest.last + stepOffsets;
    const { rows, isFull } = take(this.#rising.iterate(before, names, shards, from, end));
    return { rows, next: isFull ? rows.at(-1)!.last : end };
  }

  #fall({ before, names, shards }: Sweep, from?: number): Taken {
    const begin = from ?? (this.#lowest.get(before - 1)?.last ?? before) + 1;
    const highest = this.#highest.get(begin);
    if (!highest) return { rows: [], next: undefined };
    const end = highest.first - stepOffsets;
    const { rows, isFull } = take(this.#falling.iterate(before, names, shards, begin, end));
    // A row that was written anew lies between its old ends, and is not looked at twice.
    const lowest = rows.at(-1)?.first ?? end;
    return { rows, next: isFull ? lowest : Math.min(lowest, end) };
  }

  #sweep(row: Row, sweep: Sweep, forgotten: Forgotten): void {
    const records = this.#open(row, sweep);
    if (!records) {
      forgotten.addAll(row);
      this.#batches.delete(row.last);
      return;
    }
    const places = [...records.places()];
    if (sweep.newestFirst) places.reverse();
    const gone = new Set(
      places.filter((at) => {
        const offset = row.first + records.delta(at);
        return offset < sweep.before && sweep.forgets(records, at, offset);
      }),
    );
    if (gone.size === 0) return;
    const stay = new BatchBuilder(row.time);
    for (const at of records.places()) {
      const offset = row.first + records.delta(at);
      if (gone.has(at)) forgotten.add(records, at, offset, row.time);
      else stay.add(records, at, offset);
    }
    this.#batches.delete(row.last);
    if (stay.count > 0) this.#batches.insert(stay.build());
  }

  /** What is damaged can only be forgotten as a whole: where all of it is to be. */
  #open(row: Row, sweep: Sweep): Records | undefined {
    try {
      return openBatch(this.#file, row);
    } catch (error) {
      const isWhole = sweep.kind === "trim" && sweep.wholeRows && row.last < sweep.before;
      if (isWhole && EventwireError.is(error)) return undefined;
      throw error;
    }
  }
}

/** Read whole before any is changed. */
function take(found: Iterable<Row>): { readonly rows: readonly Row[]; readonly isFull: boolean } {
  const rows: Row[] = [];
  let size = 0;
  for (const row of found) {
    rows.push(row);
    size += row.events.length;
    if (rows.length === stepRows || size >= stepBytes) return { rows, isFull: true };
  }
  return { rows, isFull: false };
}

/** What a step forgets. */
class Forgotten {
  count = 0;
  bytes = 0;
  /** The largest offset, and when it was appended. */
  last: { readonly offset: number; readonly time: number } | undefined;
  #unknown = 0;
  /** The largest offset by name and shard. */
  readonly #largest = new Map<number, number[]>();

  add(records: Records, at: number, offset: number, time: number): void {
    this.count += 1;
    this.bytes += records.bodyBytes(at);
    this.#reach(offset, time);
    const name = records.name(at);
    let byShard = this.#largest.get(name);
    if (!byShard) {
      byShard = [];
      this.#largest.set(name, byShard);
    }
    const shard = records.shard(at);
    byShard[shard] = Math.max(offset, byShard[shard] ?? 0);
  }

  /** A row of which nothing can be read. */
  addAll({ count, bytes, last, time }: Row): void {
    this.count += count;
    this.bytes += bytes;
    this.#unknown = last;
    this.#reach(last, time);
  }

  mark(marks: TrimMarks): void {
    if (this.#unknown > 0) marks.raiseAll(this.#unknown);
    for (const [name, byShard] of this.#largest) {
      byShard.forEach((offset, shard) => {
        marks.raise(name, shard, offset);
      });
    }
  }

  #reach(offset: number, time: number): void {
    if (offset > (this.last?.offset ?? 0)) this.last = { offset, time };
  }
}
