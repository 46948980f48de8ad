import { StoreError } from "../store-error.js";

/** What SQLite takes and gives. */
export type Value = string | number | bigint | Uint8Array | null;

/** A prepared statement whose rows are of one shape. */
export interface Statement<Row> {
  run(...values: readonly Value[]): { readonly changes: number | bigint };
  get(...values: readonly Value[]): Row | undefined;
  all(...values: readonly Value[]): readonly Row[];
  iterate(...values: readonly Value[]): Iterable<Row>;
}

/** A connection to a database file: what is used here of `node:sqlite`. */
export interface Database {
  prepare<Row>(sql: string): Statement<Row>;
  exec(sql: string): void;
  close(): void;
  readonly isTransaction: boolean;
}

/** Ends a transaction without what it has written, where SQLite has not done so by itself: after an error it may have. */
export function rollBack(db: Database): void {
  try {
    db.exec("ROLLBACK");
  } catch (error) {
    if (!isOver(error)) throw error;
  }
}

/** Whether there was none. */
function isOver(error: unknown): boolean {
  return error instanceof Error && error.message.includes("no transaction is active");
}

interface Driver {
  readonly DatabaseSync: new (
    file: string,
    options?: { readonly timeout?: number; readonly readOnly?: boolean },
  ) => Database;
}

const packageName = "@photostructure/sqlite";

/**
 * The SQLite that is there: Node's own, else that of the package.
 *
 * @throws {StoreError} when there is none.
 */
export async function loadDriver(): Promise<Driver["DatabaseSync"]> {
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => Driver | undefined };
  const builtin = getBuiltinModule?.("node:sqlite");
  if (builtin) return builtin.DatabaseSync;
  try {
    const driver: Driver = await import(packageName);
    return driver.DatabaseSync;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      "StoreDriver",
      `Node ${process.versions.node} has no SQLite: npm install ${packageName}, or use Node 22.13 or later (${reason}).`,
      cause,
    );
  }
}
