import { crc32 } from "node:zlib";
import { Records } from "../records.js";
import { StoreError } from "../store-error.js";
import type { Database, Statement } from "./database.js";

/** Events that were committed together, as a row of the file. */
export interface Batch {
  readonly first: number;
  readonly last: number;
  /** When they were appended. */
  readonly time: number;
  readonly count: number;
  /** Of their bodies. */
  readonly bytes: number;
  /** A bit for each shard that one of them is in. */
  readonly shards: bigint;
  /** A bit for each of their names: that of its number modulo 64. */
  readonly names: bigint;
  readonly events: Uint8Array;
}

/** A row, before its columns for finding it. */
export type StoredBatch = Pick<Batch, "first" | "last" | "time" | "count"> & {
  readonly checksum: number;
  readonly events: Uint8Array;
};

export const storedColumns = "first, last, time, count, checksum, events";

/** Writes rows of events. */
export class Batches {
  readonly #insert: Statement<unknown>;
  readonly #delete: Statement<unknown>;

  constructor(db: Database) {
    this.#insert = db.prepare("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#delete = db.prepare("DELETE FROM batches WHERE last = ?");
  }

  insert({ first, last, time, count, bytes, shards, names, events }: Batch): void {
    const checksum = checksumOf(first, last, count, events);
    this.#insert.run(last, first, time, count, bytes, shards, names, checksum, events);
  }

  delete(last: number): void {
    this.#delete.run(last);
  }
}

/**
 * What a row holds, once it is seen to be what was written. Whoever made the file may have made the checksum too.
 *
 * @throws {StoreError} when it is not.
 */
export function openBatch(file: string, batch: StoredBatch): Records {
  const { first, last } = batch;
  const records = wholeRecords(batch);
  if (records) return records;
  throw new StoreError(
    "StoreDamaged",
    `"${file}": the events ${first} to ${last} are not what was written: restore a backup.`,
  );
}

/** Whether a row is what was written. */
export function isIntact(batch: StoredBatch): boolean {
  return wholeRecords(batch) !== undefined;
}

function wholeRecords({ first, last, count, checksum, events }: StoredBatch): Records | undefined {
  const records = new Records(events);
  const whole = checksum === checksumOf(first, last, count, events) && records.areWhole(count, last - first);
  return whole ? records : undefined;
}

function checksumOf(first: number, last: number, count: number, events: Uint8Array): number {
  return crc32(events, crc32(`${first} ${last} ${count}`));
}
