import type { Database, Statement } from "./database.js";

/** The mark of every name and shard. */
const every = 0;

/** The largest offset that was trimmed, by name and shard: so much is kept of what was forgotten. */
export class TrimMarks {
  readonly #db: Database;
  readonly #raise: Statement<unknown>;

  constructor(db: Database) {
    this.#db = db;
    this.#raise = db.prepare(
      `INSERT INTO trimmed VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "offset" = max("offset", excluded."offset")`,
    );
  }

  /** @param name its number. */
  raise(name: number, shard: number, offset: number): void {
    this.#raise.run(name, shard, offset);
  }

  /** Where it is not known what was forgotten. */
  raiseAll(offset: number): void {
    this.#raise.run(every, 0, offset);
  }

  /** The largest offset of any of the names and shards. */
  of(names: readonly number[] | undefined, shards: readonly number[] | undefined): number {
    const isNamed = names ? `name IN (${names.join()})` : "true";
    const isInShards = shards ? `shard IN (${shards.join()})` : "true";
    const row = this.#db
      .prepare<{ readonly largest: number | null }>(
        `SELECT max("offset") AS largest FROM trimmed WHERE name = ${every} OR (${isNamed} AND ${isInShards})`,
      )
      .get();
    return row?.largest ?? 0;
  }
}
