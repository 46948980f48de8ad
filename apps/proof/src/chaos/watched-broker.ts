import type { Append, Appended, Broker, LogPage } from "@eventwire/core";
import { GroupStates } from "../group-state.js";
import type { Plant } from "./plants.js";
import type { Kept } from "./word.js";

/** How often an append is acknowledged before it is written, and how long that takes then, in milliseconds. */
const early = 0.3;
const late = 40;

export interface Watching {
  readonly plant: Plant | undefined;
  /** Told how far a shard of the group is done, once the log has it. */
  saved(shard: number, settled: Kept): void;
}

/** The same broker, with a bug if one is planted, which tells what of cursors must hold. */
export function watchedBroker(broker: Broker, { plant, saved }: Watching): Broker {
  const { log } = broker;
  const states = new GroupStates();
  const told = new Map<number, string>();
  /** A member that is alone saves all of its shards each time: what is new of them is told. */
  const tell = (shard: number, settled: Kept) => {
    const text = JSON.stringify(settled);
    if (told.get(shard) !== text) saved(shard, settled);
    told.set(shard, text);
  };
  return {
    features: broker.features,
    tasks: broker.tasks,
    signals: broker.signals,
    open: () => broker.open(),
    close: (options) => broker.close(options),
    write: (write) => broker.write(write),
    log: {
      epoch: () => log.epoch(),
      append: appending(broker, plant),
      read: async (query) => {
        const page = await log.read(query);
        return plant === "off-by-one-at-the-tail" ? withoutLast(page) : page;
      },
      head: () => log.head(),
      at: (time) => log.at(time),
      watch: (hint) => log.watch(hint),
      trim: (query) => log.trim(query),
      compact: (query) => log.compact(query),
      erase: (query) => log.erase(query),
      async acquire(cursor, owner, lease) {
        const held = await log.acquire(cursor, owner, lease);
        if (held?.state) states.saved(cursor, held.state);
        return held;
      },
      async save(cursor, token, state, lease) {
        const held = await log.save(cursor, token, state, lease);
        if (held && state) for (const { shard, settled } of states.saved(cursor, state)) tell(shard, settled);
        return held;
      },
      async peek(cursor) {
        const state = await log.peek(cursor);
        if (state) states.saved(cursor, state);
        return state;
      },
    },
  };
}

function appending({ log }: Broker, plant: Plant | undefined) {
  return async (batch: readonly Append[]): Promise<readonly Appended[]> => {
    // Of what is numbered the next would be refused at once, which is another way to find out.
    const isNumbered = batch.some(({ producer }) => producer);
    if (plant === "acknowledge-before-commit" && !isNumbered && Math.random() < early) {
      // Should it fail, nobody hears of it: a process that fell would be found out for that.
      setTimeout(() => void log.append(batch).catch(() => undefined), late);
      return batch.map(() => ({ type: "appended", offset: undefined, duplicate: true }));
    }
    const outcomes = await log.append(batch);
    if (plant !== "unfenced-producer") return outcomes;
    return Promise.all(outcomes.map((outcome, index) => regardless(outcome, batch[index]!)));
  };

  async function regardless(outcome: Appended, { producer, ...append }: Append): Promise<Appended> {
    if (outcome.type !== "fenced") return outcome;
    const [anyway] = await log.append([{ ...append, id: `${append.id}/${producer?.epoch}` }]);
    return anyway!;
  }
}

function withoutLast(page: LogPage): LogPage {
  return { ...page, records: page.records.slice(0, page.records.length > 1 ? -1 : undefined) };
}
