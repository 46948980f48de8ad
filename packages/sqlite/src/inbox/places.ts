import type { Offset, Position } from "@eventwire/core";
import { offsetOf, placeOf } from "@eventwire/core/attach";
import type { Connection, ConnectionStatement } from "../connection.js";

export const placesTable = `
  CREATE TABLE IF NOT EXISTS eventwire_inbox_places (
    id INTEGER PRIMARY KEY,
    inbox TEXT NOT NULL,
    pattern TEXT NOT NULL,
    epoch TEXT NOT NULL,
    number INTEGER NOT NULL,
    UNIQUE (inbox, pattern, epoch)
  )`;

/**
 * Up to where the events of a pattern had their effect, in each history of the log: so that a process that still reads an older one
 * does nothing again, and undoes nobody's place.
 */
export class Places {
  readonly #get: ConnectionStatement;
  readonly #latest: ConnectionStatement;
  readonly #advance: ConnectionStatement;
  readonly #rewind: ConnectionStatement;
  readonly #key: readonly [inbox: string, pattern: string];

  constructor(db: Connection, inbox: string, pattern: string) {
    this.#key = [inbox, pattern];
    this.#get = db.prepare(
      "SELECT number FROM eventwire_inbox_places WHERE inbox = ? AND pattern = ? AND epoch = ?",
    );
    this.#latest = db.prepare(
      "SELECT epoch, number FROM eventwire_inbox_places WHERE inbox = ? AND pattern = ? ORDER BY id DESC LIMIT 1",
    );
    this.#rewind = db.prepare(
      "UPDATE eventwire_inbox_places SET number = ? WHERE inbox = ? AND pattern = ? AND epoch = ? AND number >= ?",
    );
    this.#advance = db.prepare(
      `INSERT INTO eventwire_inbox_places (inbox, pattern, epoch, number) VALUES (?, ?, ?, ?)
       ON CONFLICT (inbox, pattern, epoch) DO UPDATE SET number = max(number, excluded.number)`,
    );
  }

  /** In the history that was begun last; nothing before the first event. */
  latest(): Extract<Position, Offset> | undefined {
    const row = this.#latest.get(...this.#key) as
      | { readonly epoch: string; readonly number: number }
      | undefined;
    return row && offsetOf(row.epoch, Number(row.number));
  }

  /** Whether an event had its effect. */
  has(offset: Offset): boolean {
    const { epoch, number } = placeOf(offset)!;
    const row = this.#get.get(...this.#key, epoch) as { readonly number: number } | undefined;
    return row !== undefined && number <= Number(row.number);
  }

  /** The log has lost its end, and has given an offset to another event: what had its effect there or behind is not in the log. */
  rewind(offset: Offset): void {
    const { epoch, number } = placeOf(offset)!;
    this.#rewind.run(number - 1, ...this.#key, epoch, number);
  }

  advance(offset: Offset): void {
    const { epoch, number } = placeOf(offset)!;
    this.#advance.run(...this.#key, epoch, number);
  }
}
