import type { LogRecord } from "../broker.js";
import type { GroupLag } from "../group.js";
import { shardCount, shardOf } from "../shard.js";
import { cursorOfAll, cursorOfGroup, cursorOfShard } from "./group-cursors.js";
import { decodeJournal, isJournal, journalOf } from "./journal.js";
import { startOf } from "./roster.js";
import type { Store } from "./store.js";
import { decodeState, decodeWhole, firstState, type TenureState } from "./tenure-state.js";

/** How much of the log is read at once, in events and bytes. */
const pageLimit = 1_000;
const pageBytes = 2 ** 20;

/** What there is to know of a group's place in what it listens to. */
interface LagQuery {
  readonly group: string;
  readonly pattern: string;
  readonly names: readonly string[];
  /** How many events are read at most. */
  readonly limit: number;
}

/** Counts what a group has not done, from what its members have saved. Resolves with nothing where nobody has ever joined it. */
export function lagOf(store: Store, query: LagQuery): Promise<GroupLag | undefined> {
  return store.persist("tell how far a group is behind", () => count(store, query));
}

async function count(
  { log }: Store,
  { group, pattern, names, limit }: LagQuery,
): Promise<GroupLag | undefined> {
  const states = await statesOf(log, cursorOfGroup(group, pattern));
  if (!states) return undefined;
  const epoch = await log.epoch();
  // Of another history of the log nothing is done.
  const shards = states.map((state) => (state.epoch === epoch ? state : firstState({ epoch, number: 0 })));
  const done = shards.map((state) => new Set(state.done));
  const isDone = (shard: number, offset: number) =>
    offset <= shards[shard]!.position || done[shard]!.has(offset);
  let behind = 0;
  let oldest: number | undefined;
  let after = Math.min(...shards.map(({ position }) => position));
  for (let left = limit; left > 0; ) {
    const query = {
      after,
      names: [...names, journalOf(group)],
      limit: Math.min(pageLimit, left),
      bytes: pageBytes,
    };
    const { records, scanned } = await log.read(query);
    for (const record of records) {
      const shard = shardIn(record, pattern);
      if (shard === undefined || isDone(shard, record.offset)) continue;
      behind += 1;
      oldest ??= record.time;
    }
    if (records.length === 0) return { behind, more: false, oldest };
    left -= records.length;
    after = scanned;
  }
  return { behind, more: after < (await log.head()), oldest };
}

/** What is saved of each shard; nothing where there is no such group. */
async function statesOf(log: Store["log"], cursor: string): Promise<readonly TenureState[] | undefined> {
  const roster = await log.peek(cursor);
  if (!roster) return undefined;
  const fresh = firstState(startOf(roster));
  const all = await log.peek(cursorOfAll(cursor));
  const whole = all && decodeWhole(all);
  if (whole && !whole.divided) return whole.shards;
  const saved = Array.from({ length: shardCount }, (_, shard) => log.peek(cursorOfShard(cursor, shard)));
  return (await Promise.all(saved)).map((state) => (state ? decodeState(state) : fresh));
}

/** The shard of what a group is to do; nothing for a note that is none of that. */
function shardIn(record: LogRecord, pattern: string): number | undefined {
  if (!isJournal(record.name)) return shardOf(record.name, record.key);
  try {
    const { entry } = decodeJournal(record);
    return entry.type === "redriven" && entry.pattern === pattern
      ? shardOf(entry.name, entry.key)
      : undefined;
  } catch {
    // It is among the dead of who is to read it.
    return undefined;
  }
}
