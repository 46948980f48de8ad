import type { Offset } from "@eventwire/core";
import { offsetOf, placeOf } from "@eventwire/core/attach";
import type { Connection, ConnectionStatement } from "../connection.js";

/** An event whose handler threw. What it had written is undone. */
export interface FailedEvent {
  /** What was listened to. */
  readonly pattern: string;
  readonly name: string;
  readonly id: string;
  readonly offset: Offset;
  /** What the handler threw last, in words. */
  readonly error: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** When it failed last, in milliseconds since the Unix epoch. */
  readonly failedAt: number;
}

export const failedTable = `
  CREATE TABLE IF NOT EXISTS eventwire_inbox_failed (
    inbox TEXT NOT NULL,
    pattern TEXT NOT NULL,
    epoch TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    event TEXT NOT NULL,
    error TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    PRIMARY KEY (inbox, pattern, epoch, number)
  )`;

interface Row {
  readonly pattern: string;
  readonly epoch: string;
  readonly number: number;
  readonly name: string;
  readonly event: string;
  readonly error: string;
  readonly attempts: number;
  readonly failed_at: number;
}

/** What identifies one of them. */
export type FailedKey = Pick<FailedEvent, "pattern" | "offset">;

/** The events of an inbox that failed. */
export class FailedEvents {
  readonly #inbox: string;
  readonly #all: ConnectionStatement;
  readonly #find: ConnectionStatement;
  readonly #put: ConnectionStatement;
  readonly #delete: ConnectionStatement;

  constructor(db: Connection, inbox: string) {
    const one = "inbox = ? AND pattern = ? AND epoch = ? AND number = ?";
    this.#inbox = inbox;
    this.#all = db.prepare("SELECT * FROM eventwire_inbox_failed WHERE inbox = ? ORDER BY rowid LIMIT ?");
    this.#find = db.prepare(`SELECT 1 FROM eventwire_inbox_failed WHERE ${one}`);
    this.#put = db.prepare(
      `INSERT INTO eventwire_inbox_failed VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)
       ON CONFLICT DO UPDATE SET error = excluded.error, attempts = attempts + 1, failed_at = excluded.failed_at`,
    );
    this.#delete = db.prepare(`DELETE FROM eventwire_inbox_failed WHERE ${one}`);
  }

  all(limit: number): readonly FailedEvent[] {
    return (this.#all.all(this.#inbox, limit) as Row[]).map((row) => ({
      pattern: row.pattern,
      name: row.name,
      id: row.event,
      offset: offsetOf(row.epoch, Number(row.number)),
      error: row.error,
      attempts: Number(row.attempts),
      failedAt: Number(row.failed_at),
    }));
  }

  has(key: FailedKey): boolean {
    return this.#find.get(...this.#key(key)) !== undefined;
  }

  put({ pattern, offset, name, id, error, failedAt }: Omit<FailedEvent, "attempts">): void {
    this.#put.run(...this.#key({ pattern, offset }), name, id, error, Math.floor(failedAt));
  }

  delete(key: FailedKey): void {
    this.#delete.run(...this.#key(key));
  }

  #key({ pattern, offset }: FailedKey): readonly [string, string, string, number] {
    const { epoch, number } = placeOf(offset)!;
    return [this.#inbox, pattern, epoch, number];
  }
}
