import { EventwireError } from "@eventwire/core";
import type { Records } from "../records.js";
import { BatchBuilder } from "./batch-builder.js";
import { Batches, openBatch, type StoredBatch, storedColumns } from "./batches.js";
import type { Database, Statement } from "./database.js";
import type { LogState } from "./log-state.js";
import { everything, Mask } from "./mask.js";
import type { Names } from "./names.js";
import { TrimMarks } from "./trim-marks.js";

/** How much one step looks at: others wait for it. */
const stepRows = 256;
const stepBytes = 4 * 2 ** 20;

/** What is to be forgotten: what lies before an offset, of one name or all. */
export interface Trim {
  readonly before: number;
  readonly name?: string | undefined;
}

type Row = StoredBatch & { readonly bytes: number };

/** Forgets events within a transaction, a step at a time, and keeps marks of them. */
export class Trimmer {
  readonly #file: string;
  readonly #names: Names;
  readonly #batches: Batches;
  readonly #marks: TrimMarks;
  readonly #rows: Statement<Row>;

  constructor(db: Database, file: string, names: Names) {
    this.#file = file;
    this.#names = names;
    this.#batches = new Batches(db);
    this.#marks = new TrimMarks(db);
    this.#rows = db.prepare(
      `SELECT ${storedColumns}, bytes FROM batches
       WHERE last > ? AND first < ? AND (names & ?) != 0 ORDER BY last LIMIT ${stepRows}`,
    );
  }

  /**
   * @param after where the step begins.
   * @returns where the next one begins; `undefined` when nothing is left.
   */
  step(
    { before, name }: Trim,
    after: number,
    state: LogState,
  ): { readonly state: LogState; readonly next?: number } {
    const number = name === undefined ? undefined : this.#names.find(name);
    if (name !== undefined && number === undefined) return { state };
    const mask = number === undefined ? everything : BigInt.asIntN(64, Mask.of([number]));
    const rows = this.#take(after, before, mask);
    const forgotten = new Forgotten(this.#marks);
    for (const row of rows) this.#trim(row, before, number, forgotten);
    forgotten.settle();
    const last = rows.at(-1)?.last;
    const trimmed =
      forgotten.largest > state.trimmed ? { trimmed: forgotten.largest, trimmedTime: forgotten.time } : {};
    const { events, bytes } = state;
    return {
      state: { ...state, ...trimmed, events: events - forgotten.count, bytes: bytes - forgotten.bytes },
      ...(last !== undefined && last + 1 < before && { next: last }),
    };
  }

  /** Read whole before any is changed. */
  #take(after: number, before: number, mask: bigint): readonly Row[] {
    const rows: Row[] = [];
    let size = 0;
    for (const row of this.#rows.iterate(after, before, mask)) {
      rows.push(row);
      size += row.events.length;
      if (size >= stepBytes) break;
    }
    return rows;
  }

  #trim(row: Row, before: number, name: number | undefined, forgotten: Forgotten): void {
    const records = this.#open(row);
    if (!records) {
      // What is damaged can only be forgotten as a whole.
      if (name !== undefined || row.last >= before) return;
      forgotten.addAll(row);
      this.#batches.delete(row.last);
      return;
    }
    const stay = new BatchBuilder(row.time);
    for (let at = 0; at < records.bytes.length; at = records.next(at)) {
      const offset = row.first + records.delta(at);
      if (offset < before && (name === undefined || records.name(at) === name)) {
        forgotten.add(records, at, offset, row.time);
      } else stay.add(records, at, offset);
    }
    if (stay.count === row.count) return;
    this.#batches.delete(row.last);
    if (stay.count > 0) this.#batches.insert(stay.build());
  }

  #open(row: Row): Records | undefined {
    try {
      return openBatch(this.#file, row);
    } catch (error) {
      if (EventwireError.is(error)) return undefined;
      throw error;
    }
  }
}

/** What a step forgets. */
class Forgotten {
  count = 0;
  bytes = 0;
  largest = 0;
  /** When the largest was appended. */
  time = 0;
  readonly #marks: TrimMarks;
  /** The largest offset by name and shard. */
  readonly #largest = new Map<number, number[]>();

  constructor(marks: TrimMarks) {
    this.#marks = marks;
  }

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
    byShard[records.shard(at)] = offset;
  }

  addAll({ count, bytes, last, time }: Row): void {
    this.count += count;
    this.bytes += bytes;
    this.#reach(last, time);
    this.#marks.raiseAll(last);
  }

  settle(): void {
    for (const [name, byShard] of this.#largest) {
      byShard.forEach((offset, shard) => {
        this.#marks.raise(name, shard, offset);
      });
    }
  }

  #reach(offset: number, time: number): void {
    this.largest = offset;
    this.time = time;
  }
}
