/** What goes into a statement. */
type Value = string | number | bigint | Uint8Array | null;

/** A prepared statement of a {@link Connection}. */
export interface ConnectionStatement {
  run(...values: Value[]): unknown;
  get(...values: Value[]): unknown;
  all(...values: Value[]): readonly unknown[];
}

/**
 * A connection of the application's to a database of its own: one of `node:sqlite`, `@photostructure/sqlite`, `better-sqlite3`, or
 * of whatever is used as these are.
 */
export interface Connection {
  exec(sql: string): unknown;
  prepare(sql: string): ConnectionStatement;
  /** Whether a transaction is open, as `node:sqlite` tells it. */
  readonly isTransaction?: boolean;
  /** The same, as `better-sqlite3` tells it. */
  readonly inTransaction?: boolean;
}

/** Whether a transaction is open on a connection. */
export function isInTransaction(db: Connection): boolean {
  return db.isTransaction ?? db.inTransaction ?? !canBegin(db);
}

function canBegin(db: Connection): boolean {
  try {
    // Takes no lock until something is read.
    db.exec("BEGIN");
  } catch {
    return false;
  }
  db.exec("ROLLBACK");
  return true;
}

/** Does `work` in a transaction that writes, all of it or nothing. @throws what `work` or the database does. */
export function transact<Result>(db: Connection, work: () => Result): Result {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite may have undone it by itself.
    if (isInTransaction(db)) db.exec("ROLLBACK");
    throw error;
  }
}
