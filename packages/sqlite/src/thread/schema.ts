import { StoreError } from "../store-error.js";
import type { Database } from "./database.js";

/** What tells our files from other SQLite databases: "EWLG". */
export const applicationId = 0x45574c47;

/**
 * How a file of each version becomes one of the next; the first makes a new file. A step is never changed once it was
 * published: another one is added. docs/packages/sqlite.md describes what comes of them.
 */
export const steps: readonly string[] = [
  `CREATE TABLE log (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     epoch TEXT,
     head INTEGER NOT NULL,
     time INTEGER NOT NULL,
     events INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     trimmed INTEGER NOT NULL,
     trimmed_time INTEGER NOT NULL,
     serial INTEGER NOT NULL,
     ready INTEGER NOT NULL
   ) STRICT;
   INSERT INTO log VALUES (1, NULL, 0, 0, 0, 0, 0, 0, 0, 0);
   CREATE TABLE batches (
     last INTEGER PRIMARY KEY,
     first INTEGER NOT NULL,
     time INTEGER NOT NULL,
     count INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     shards INTEGER NOT NULL,
     names INTEGER NOT NULL,
     checksum INTEGER NOT NULL,
     events BLOB NOT NULL
   ) STRICT;
   CREATE TABLE names (number INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;
   CREATE TABLE ids (
     "offset" INTEGER PRIMARY KEY,
     prefix BLOB NOT NULL,
     first INTEGER NOT NULL,
     last INTEGER NOT NULL,
     time INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX ids_by_prefix ON ids (prefix, last);
   CREATE TABLE producers (id BLOB PRIMARY KEY, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE trimmed (
     name INTEGER NOT NULL,
     shard INTEGER NOT NULL,
     "offset" INTEGER NOT NULL,
     PRIMARY KEY (name, shard)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE cursors (
     name BLOB PRIMARY KEY,
     owner BLOB,
     token INTEGER NOT NULL,
     until INTEGER NOT NULL,
     lease INTEGER NOT NULL,
     state BLOB
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE tasks (
     place INTEGER PRIMARY KEY,
     state INTEGER NOT NULL,
     name INTEGER NOT NULL,
     "key" BLOB,
     head INTEGER NOT NULL,
     priority REAL NOT NULL,
     due REAL NOT NULL,
     attempt INTEGER NOT NULL,
     token INTEGER,
     until REAL,
     lease REAL,
     died INTEGER,
     died_at REAL,
     reason TEXT,
     id BLOB NOT NULL,
     time REAL NOT NULL,
     body BLOB NOT NULL
   ) STRICT;
   CREATE INDEX tasks_ready ON tasks (name, priority DESC, place) WHERE state = 0;
   CREATE INDEX tasks_delayed ON tasks (name, due) WHERE state = 1;
   CREATE INDEX tasks_claimed ON tasks (name, until) WHERE state = 2;
   CREATE INDEX tasks_blocked ON tasks (name, "key", priority DESC, place) WHERE state = 3;
   CREATE INDEX tasks_dead ON tasks (name, died) WHERE state = 4;
   CREATE UNIQUE INDEX tasks_token ON tasks (token) WHERE state = 2;
   CREATE UNIQUE INDEX tasks_head ON tasks (name, "key") WHERE head = 1;
   CREATE TABLE task_ids (
     "offset" INTEGER PRIMARY KEY,
     prefix BLOB NOT NULL,
     first INTEGER NOT NULL,
     last INTEGER NOT NULL,
     time INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX task_ids_by_prefix ON task_ids (prefix, last);
   CREATE TABLE write_ids (
     "offset" INTEGER PRIMARY KEY,
     prefix BLOB NOT NULL,
     first INTEGER NOT NULL,
     last INTEGER NOT NULL,
     time INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX write_ids_by_prefix ON write_ids (prefix, last);`,
];

/**
 * Brings a file to the newest version, all or nothing. To be called within a transaction that writes.
 *
 * @throws {StoreError} when it is another program's, or a newer version's of this one.
 */
export function migrate(db: Database, file: string, known = steps): void {
  const id = pragma(db, "application_id");
  const version = pragma(db, "user_version");
  if (id !== applicationId && (id !== 0 || version !== 0 || hasTables(db))) {
    throw new StoreError("StoreForeign", `"${file}" is another program's database: give another path.`);
  }
  if (version > known.length) {
    throw new StoreError(
      "StoreNewer",
      `"${file}" is of version ${version}, and this is made for ${known.length}: update @eventwire/sqlite.`,
    );
  }
  if (version === known.length) return;
  for (const step of known.slice(version)) db.exec(step);
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${known.length}`);
}

function pragma(db: Database, name: "application_id" | "user_version"): number {
  return db.prepare<Record<string, number>>(`PRAGMA ${name}`).get()![name]!;
}

function hasTables(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== undefined;
}
