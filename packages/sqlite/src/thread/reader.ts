import { type Key, type LogQuery, shardOf } from "@eventwire/core";
import type { PackedPage } from "../messages.js";
import type { Records } from "../records.js";
import { StoreError } from "../store-error.js";
import { openBatch, type StoredBatch, storedColumns } from "./batches.js";
import { type Database, rollBack, type Statement } from "./database.js";
import { type LogState, StoredState } from "./log-state.js";
import { everything, Mask } from "./mask.js";
import { Names } from "./names.js";
import { PageBuilder } from "./page-builder.js";
import { bytesOf } from "./text.js";
import { TrimMarks } from "./trim-marks.js";

/** How much one read looks through where little is selected: others wait for it. In offsets, and in bytes of rows. */
const scanOffsets = 65_536;
const scanBytes = 2 ** 20;

/** Reads what is committed. */
export class LogReader {
  readonly #db: Database;
  readonly #file: string;
  readonly #state: StoredState;
  readonly #names: Names;
  readonly #marks: TrimMarks;
  readonly #first: Statement<{ readonly first: number }>;
  readonly #rows: Statement<StoredBatch>;
  readonly #at: Statement<{ readonly last: number; readonly time: number }>;
  readonly #cursor: Statement<{ readonly state: Uint8Array | null }>;
  readonly #version: Statement<{ readonly data_version: number }>;
  /** The numbers of the names that pages have told. */
  readonly #told = new Set<number>();

  constructor(db: Database, file: string) {
    this.#db = db;
    this.#file = file;
    this.#state = new StoredState(db);
    this.#names = new Names(db);
    this.#marks = new TrimMarks(db);
    this.#first = db.prepare("SELECT first FROM batches WHERE last > ? ORDER BY last LIMIT 1");
    this.#rows = db.prepare(
      `SELECT ${storedColumns} FROM batches
       WHERE last > ? AND last <= ? AND (shards & ?) != 0 AND (names & ?) != 0 ORDER BY last`,
    );
    this.#at = db.prepare("SELECT last, time FROM batches WHERE last >= ? ORDER BY last LIMIT 1");
    this.#cursor = db.prepare("SELECT state FROM cursors WHERE name = ?");
    this.#version = db.prepare("PRAGMA data_version");
  }

  /** Changes when anybody else has committed. */
  version(): number {
    return this.#version.get()!.data_version;
  }

  state(): LogState {
    return this.#state.get();
  }

  /** What was last saved of a cursor. */
  peek(cursor: string): Uint8Array | undefined {
    return this.#cursor.get(bytesOf(cursor))?.state ?? undefined;
  }

  /** By halves: the times of rows never fall. */
  at(time: number): number {
    return this.#consistently(() => {
      const { head, trimmed, trimmedTime } = this.#state.get();
      let found = 0;
      for (let low = 1, high = head; low <= high; ) {
        const middle = Math.floor((low + high) / 2);
        const row = this.#at.get(middle);
        if (!row || row.time >= time) high = middle - 1;
        else {
          found = row.last;
          low = row.last + 1;
        }
      }
      return found || (trimmedTime < time ? trimmed : 0);
    });
  }

  read(query: LogQuery): PackedPage {
    return this.#consistently(() => this.#read(query));
  }

  #read({ after, names, key, shards, limit, bytes }: LogQuery): PackedPage {
    const { head, trimmed } = this.#state.get();
    const numbers = names?.flatMap((name) => this.#names.find(name) ?? []);
    const within = shardsOf(key, shards);
    const page = new PageBuilder(limit, bytes);
    const finish = (scanned: number): PackedPage => ({
      ...page.take(),
      scanned,
      // What was trimmed before the reader's place concerns it no more, whatever it was.
      trimmed: trimmed > after ? this.#marks.of(numbers, within) : trimmed,
      names: this.#untold(page.names),
    });
    const first = this.#first.get(after)?.first;
    if (first === undefined || numbers?.length === 0 || within?.length === 0) return finish(head);

    const end = Math.max(after + 1, first) + scanOffsets;
    // A row that lies across the end is read whole the next time.
    const until = Math.min(end, (this.#first.get(end)?.first ?? head + 1) - 1);
    const wants = filter(numbers, key, within);
    const shardMask = within ? Mask.of(within) : everything;
    const nameMask = numbers ? Mask.of(numbers) : everything;
    let size = 0;
    for (const row of this.#rows.iterate(after, until, shardMask, nameMask)) {
      if (page.isFull) return finish(page.last);
      const records = openBatch(this.#file, row);
      for (let at = 0; at < records.bytes.length; at = records.next(at)) {
        const offset = row.first + records.delta(at);
        if (offset <= after || !wants(records, at)) continue;
        if (!page.add(records, at, row.first)) return finish(page.last);
      }
      size += records.bytes.length;
      if (size >= scanBytes && row.last < head) return finish(row.last);
    }
    return finish(until);
  }

  #untold(numbers: ReadonlySet<number>): PackedPage["names"] {
    const untold = [...numbers].filter((number) => !this.#told.has(number));
    const names = untold.map((number) => [number, this.#nameOf(number)] as const);
    for (const number of untold) this.#told.add(number);
    return names;
  }

  /** @throws {StoreError} */
  #nameOf(number: number): string {
    const name = this.#names.text(number);
    if (name !== undefined) return name;
    throw new StoreError(
      "StoreDamaged",
      `"${this.#file}": the name of number ${number} is lost: restore a backup.`,
    );
  }

  #consistently<Result>(work: () => Result): Result {
    this.#db.exec("BEGIN");
    try {
      return work();
    } finally {
      rollBack(this.#db);
    }
  }
}

/** The shards that what is selected lies in; `undefined` where it may be any. */
function shardsOf(
  key: Key | undefined,
  shards: readonly number[] | undefined,
): readonly number[] | undefined {
  if (key === undefined) return shards;
  const shard = shardOf("", key);
  return !shards || shards.includes(shard) ? [shard] : [];
}

function filter(
  names: readonly number[] | undefined,
  key: Key | undefined,
  shards: readonly number[] | undefined,
): (records: Records, at: number) => boolean {
  const wantedNames = names && new Set(names);
  const wantedShards = shards && new Set(shards);
  return (records, at) =>
    (!wantedNames || wantedNames.has(records.name(at))) &&
    (!wantedShards || wantedShards.has(records.shard(at))) &&
    (key === undefined || records.key(at) === key);
}
