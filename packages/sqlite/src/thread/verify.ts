import { Records } from "../records.js";
import { isIntact, type StoredBatch, storedColumns } from "./batches.js";
import type { Database } from "./database.js";
import { StoredState } from "./log-state.js";
import { Mask } from "./mask.js";

/** How many flaws of SQLite's own are told at most. */
const maxFlaws = 100;

/** A row with its masks in hexadecimal: as numbers they would be out of range. */
type Row = StoredBatch & { readonly bytes: number; readonly shards: string; readonly names: string };

/**
 * What is wrong with how SQLite keeps a file, in words: pages and their lists of what they hold; and, where it is not `"quick_check"`,
 * whether indexes agree with what they are of.
 */
export function structureFlaws(db: Database, check: "quick_check" | "integrity_check"): readonly string[] {
  const rows = db.prepare<Record<string, string>>(`PRAGMA ${check}(${maxFlaws})`).all();
  return rows.flatMap((row) => Object.values(row)).filter((text) => text !== "ok");
}

/**
 * What is wrong with the events that a file holds, in words. All rows are read, and what they come to is compared with what the
 * file says of itself: so a row that is missing is missed. To be gone through within one transaction.
 *
 * @returns how many events and rows there are.
 */
export function* eventFlaws(
  db: Database,
): Generator<string | undefined, { readonly events: number; readonly rows: number }> {
  const state = new StoredState(db).get();
  const known = new Set(
    db
      .prepare<{ readonly number: number }>("SELECT number FROM names")
      .all()
      .map(({ number }) => number),
  );
  const rows = db.prepare<Row>(
    `SELECT ${storedColumns}, bytes, printf('%x', shards) AS shards, printf('%x', names) AS names
     FROM batches ORDER BY last`,
  );
  let count = 0;
  let events = 0;
  let bytes = 0;
  let last = 0;
  let time = 0;
  for (const row of rows.iterate()) {
    const what = `the events ${row.first} to ${row.last}`;
    if (row.first <= last) yield `${what} overlap those before them`;
    if (row.time < time) yield `${what} are said to be older than those before them`;
    yield isIntact(row) ? contentFlaw(row, known, what) : `${what} are not what was written`;
    count += 1;
    events += row.count;
    bytes += row.bytes;
    last = row.last;
    time = row.time;
  }
  if (last > state.head)
    yield `there are events up to ${last}, and the log says that it ends at ${state.head}`;
  if (events !== state.events) yield `there are ${events} events, and there should be ${state.events}`;
  if (bytes !== state.bytes) yield `there are ${bytes} bytes of events, and there should be ${state.bytes}`;
  return { events, rows: count };
}

/** Of a row whose bytes are right: what is beside them has no checksum. */
function contentFlaw(row: Row, known: ReadonlySet<number>, what: string): string | undefined {
  const records = new Records(row.events);
  const shards = new Mask();
  const names = new Mask();
  let bytes = 0;
  for (const at of records.places()) {
    for (const name of [records.name(at), records.about(at)]) {
      if (name === 0) continue;
      if (!known.has(name)) return `of ${what} a name is lost`;
      names.add(name);
    }
    shards.add(records.shard(at));
    bytes += records.bodyBytes(at);
  }
  const isFound = covers(row.shards, shards) && covers(row.names, names);
  if (!isFound) return `${what} are not found by their names or keys`;
  return bytes === row.bytes ? undefined : `${what} have another size than is said of them`;
}

function covers(mask: string, { value }: Mask): boolean {
  const wanted = BigInt.asUintN(64, value);
  return (BigInt(`0x${mask}`) & wanted) === wanted;
}
