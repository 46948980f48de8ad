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
  // Since when a producer is silent, for it to be forgotten. Of those of before it is not known, so they count from now on.
  `ALTER TABLE producers ADD COLUMN time INTEGER NOT NULL DEFAULT 0;
   UPDATE producers SET time = CAST(strftime('%s', 'now') AS INTEGER) * 1000;`,
  // Whose a producer is, for those that were silent longest to be found. Those of before are somebody's once they append again.
  `ALTER TABLE producers ADD COLUMN owner BLOB;
   CREATE INDEX producers_by_owner ON producers (owner, time) WHERE owner IS NOT NULL;`,
  // Tasks are found by their ids, wait for others, and are kept for a time once they are over; of each name it is known how they stand.
  `ALTER TABLE log ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tasks ADD COLUMN keep REAL NOT NULL DEFAULT 0;
   ALTER TABLE tasks ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
   UPDATE tasks SET held = 1 WHERE attempt > 0 AND state != 4;
   ALTER TABLE tasks ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tasks ADD COLUMN followed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tasks ADD COLUMN progress BLOB;
   ALTER TABLE tasks ADD COLUMN result BLOB;
   CREATE INDEX tasks_id ON tasks (id);
   CREATE INDEX tasks_blocked_time ON tasks (name, time) WHERE state = 3;
   CREATE INDEX tasks_throttled ON tasks (name, due) WHERE state = 6;
   CREATE INDEX tasks_kept ON tasks (until) WHERE state >= 7;
   CREATE TABLE task_names (
     name INTEGER PRIMARY KEY,
     paused INTEGER NOT NULL DEFAULT 0,
     limited INTEGER NOT NULL DEFAULT 0,
     ready INTEGER NOT NULL DEFAULT 0,
     delayed INTEGER NOT NULL DEFAULT 0,
     claimed INTEGER NOT NULL DEFAULT 0,
     blocked INTEGER NOT NULL DEFAULT 0,
     dead INTEGER NOT NULL DEFAULT 0,
     awaiting INTEGER NOT NULL DEFAULT 0,
     throttled INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   INSERT INTO task_names (name, ready, delayed, claimed, blocked, dead)
     SELECT name, sum(state = 0), sum(state = 1), sum(state = 2), sum(state = 3), sum(state = 4) FROM tasks GROUP BY name;
   CREATE TABLE task_after (
     before INTEGER NOT NULL,
     place INTEGER NOT NULL,
     PRIMARY KEY (before, place)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX task_after_by_place ON task_after (place);
   CREATE TABLE task_rates (
     name INTEGER NOT NULL,
     "key" BLOB NOT NULL,
     tokens REAL NOT NULL,
     time REAL NOT NULL,
     "full" REAL NOT NULL,
     PRIMARY KEY (name, "key")
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX task_rates_full ON task_rates ("full");`,
  // Who has claimed a task may ask for it.
  "ALTER TABLE tasks ADD COLUMN owner BLOB;",
  // Of a task that many wait for, not all are told of its end in one transaction.
  `CREATE TABLE task_ends (
     place INTEGER PRIMARY KEY,
     state INTEGER NOT NULL,
     id BLOB NOT NULL,
     told INTEGER NOT NULL
   ) STRICT;`,
  // What an owner has is found without going through what all others have.
  `CREATE INDEX tasks_owner ON tasks (owner) WHERE state = 2;`,
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
