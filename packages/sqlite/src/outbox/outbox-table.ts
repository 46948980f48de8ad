import { type Append, shardOf } from "@eventwire/core";
import { type Connection, type ConnectionStatement, transact } from "../connection.js";
import { bytesOf, textOf } from "../thread/text.js";

/** Who publishes, and as which producer of the log. */
export interface Publisher {
  readonly producer: string;
  /** Rises each time another one begins to publish. */
  readonly epoch: number;
  /** The row before the producer's first. */
  readonly base: number;
  readonly owner: string | null;
}

/** An event that waits to be published. */
export interface WaitingEvent {
  /** Rises by 1 with each row that is committed. */
  readonly sequence: number;
  readonly append: Append;
}

interface Row {
  readonly sequence: number;
  readonly id: string;
  readonly name: string;
  readonly key: Uint8Array | number | null;
  readonly time: number;
  readonly body: Uint8Array;
}

/** The tables of an outbox in the application's database. */
export class OutboxTable {
  readonly #db: Connection;
  readonly #insert: ConnectionStatement;
  readonly #sizes: ConnectionStatement;
  readonly #rows: ConnectionStatement;
  readonly #first: ConnectionStatement;
  readonly #delete: ConnectionStatement;
  readonly #publisher: ConnectionStatement;
  readonly #take: ConnectionStatement;
  readonly #renew: ConnectionStatement;
  readonly #leave: ConnectionStatement;
  readonly #version: ConnectionStatement;

  /** @param producer what the log is to know a new outbox by. */
  constructor(db: Connection, table: string, producer: string) {
    transact(db, () => {
      // A sequence is never given again, but that of a row that was rolled back.
      db.exec(
        `CREATE TABLE IF NOT EXISTS ${table} (
           sequence INTEGER PRIMARY KEY AUTOINCREMENT,
           id TEXT NOT NULL,
           name TEXT NOT NULL,
           "key" BLOB,
           time REAL NOT NULL,
           body BLOB NOT NULL
         );
         CREATE TABLE IF NOT EXISTS ${table}_publisher (
           one INTEGER PRIMARY KEY CHECK (one = 1),
           producer TEXT NOT NULL,
           epoch INTEGER NOT NULL,
           base INTEGER NOT NULL,
           owner TEXT
         )`,
      );
      db.prepare(`INSERT OR IGNORE INTO ${table}_publisher VALUES (1, ?, 0, 0, NULL)`).run(producer);
    });
    this.#db = db;
    this.#insert = db.prepare(`INSERT INTO ${table} (id, name, "key", time, body) VALUES (?, ?, ?, ?, ?)`);
    this.#sizes = db.prepare(
      `SELECT sequence, length(body) AS bytes FROM ${table} WHERE sequence > ? ORDER BY sequence LIMIT ?`,
    );
    this.#rows = db.prepare(`SELECT * FROM ${table} WHERE sequence > ? AND sequence <= ? ORDER BY sequence`);
    this.#first = db.prepare(`SELECT sequence FROM ${table} ORDER BY sequence LIMIT 1`);
    this.#delete = db.prepare(`DELETE FROM ${table} WHERE sequence <= ?`);
    this.#publisher = db.prepare(`SELECT producer, epoch, base, owner FROM ${table}_publisher`);
    this.#take = db.prepare(`UPDATE ${table}_publisher SET epoch = epoch + 1, owner = ?`);
    this.#renew = db.prepare(
      `UPDATE ${table}_publisher SET producer = ?, epoch = 1, base = ? WHERE owner = ? AND epoch = ?`,
    );
    this.#leave = db.prepare(`UPDATE ${table}_publisher SET owner = NULL WHERE owner = ?`);
    this.#version = db.prepare("PRAGMA data_version");
  }

  /** In the transaction that is open, where one is. */
  add({ id, name, key, time, body }: Append): void {
    this.#insert.run(id, name, typeof key === "string" ? bytesOf(key) : (key ?? null), time, body);
  }

  /** The next events after a row: of at most `bytes`, but one at least. */
  after(sequence: number, limit: number, bytes: number): readonly WaitingEvent[] {
    let last = sequence;
    let size = 0;
    for (const row of this.#sizes.all(sequence, limit) as readonly { sequence: number; bytes: number }[]) {
      size += Number(row.bytes);
      if (last > sequence && size > bytes) break;
      last = Number(row.sequence);
    }
    return (this.#rows.all(sequence, last) as readonly Row[]).map(waitingEvent);
  }

  /** The row that waits longest. */
  first(): number | undefined {
    const row = this.#first.get() as { readonly sequence: number } | undefined;
    return row && Number(row.sequence);
  }

  publisher(): Publisher {
    const row = this.#publisher.get() as Publisher;
    return { ...row, epoch: Number(row.epoch), base: Number(row.base) };
  }

  /** Begins to publish: whoever did so before is fenced. */
  take(owner: string): Publisher {
    return transact(this.#db, () => {
      this.#take.run(owner);
      return this.publisher();
    });
  }

  /** Begins to publish as another producer, from after a row on. @returns nothing where another one has begun meanwhile. */
  renew({ owner, epoch }: Publisher, producer: string, base: number): Publisher | undefined {
    return transact(this.#db, () => {
      this.#renew.run(producer, base, owner, epoch);
      const now = this.publisher();
      return now.producer === producer ? now : undefined;
    });
  }

  leave(owner: string): void {
    this.#leave.run(owner);
  }

  /** Forgets what was published. @returns who publishes now. */
  delete(upTo: number): Publisher {
    return transact(this.#db, () => {
      this.#delete.run(upTo);
      return this.publisher();
    });
  }

  /** Changes when another connection has committed. */
  version(): number {
    return Number((this.#version.get() as { readonly data_version: number }).data_version);
  }
}

function waitingEvent({ sequence, id, name, key: stored, time, body }: Row): WaitingEvent {
  const key = stored instanceof Uint8Array ? textOf(stored) : stored === null ? undefined : Number(stored);
  const append: Append = { id, name, key, shard: shardOf(name, key), time, body };
  return { sequence: Number(sequence), append };
}
