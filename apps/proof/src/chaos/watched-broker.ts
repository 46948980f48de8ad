import { setTimeout as sleep } from "node:timers/promises";
import type { Append, Appended, Broker, LogPage } from "@eventwire/core";
import { GroupStates } from "../group-state.js";
import { conclusionMark } from "./contract.js";
import { commonTime } from "./hurried-runtime.js";
import { numbered } from "./numbered-producer.js";
import type { Plant } from "./plants.js";
import type { Kept } from "./word.js";

/** How often an append is acknowledged before it is written. */
const early = 0.6;
/** How long that takes then, in milliseconds: longer than it takes until who is told of it has been killed. */
const late = 300;

const decoder = new TextDecoder();

export interface Watching {
  readonly plant: Plant | undefined;
  /** Told how far a shard of the group is done, once the log has it, and when it was asked to keep that. */
  saved(shard: number, settled: Kept, asked: number): void;
}

export type WatchedBroker = ReturnType<typeof watchedBroker>;

/** The same broker, with a bug if one is planted, which tells what of cursors must hold. */
export function watchedBroker(broker: Broker, { plant, saved }: Watching): Broker {
  const { log } = broker;
  const states = new GroupStates();
  const told = new Map<number, string>();
  /** A member that is alone saves all of its shards each time: what is new of them is told. */
  const tell = (shard: number, settled: Kept, asked: number) => {
    const text = JSON.stringify(settled);
    if (told.get(shard) !== text) saved(shard, settled, asked);
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
      append: plant === "appended-before-commit" ? appendingLate(broker) : appending(broker, plant),
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
        const asked = commonTime();
        const held = await log.save(cursor, token, state, lease);
        if (!held || !state) return held;
        for (const { shard, settled } of states.saved(cursor, state)) tell(shard, settled, asked);
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
    if (outcome.type !== "fenced" || producer?.id !== numbered) return outcome;
    const [anyway] = await log.append([{ ...append, id: `${append.id}/${producer.epoch}` }]);
    return anyway!;
  }
}

/** Whether it only asks the log how far a producer is. */
function asks({ producer }: Append): boolean {
  return producer?.sequence === Number.MAX_SAFE_INTEGER;
}

/** What an outbox sends is said to be there, and written in its order a little later. */
function appendingLate({ log }: Broker) {
  let written = Promise.resolve<unknown>(undefined);
  return async (batch: readonly Append[]): Promise<readonly Appended[]> => {
    const before = written;
    // What others emit in the same turn is in the same batch.
    const isSent = batch.some(({ producer }) => producer && producer.id !== numbered) && !batch.some(asks);
    if (!isSent) {
      await before;
      return log.append(batch);
    }
    written = Promise.all([before, sleep(late)])
      .then(() => log.append(batch))
      .catch(() => undefined);
    return batch.map(() => ({ type: "appended", offset: undefined, duplicate: true }));
  };
}

function withoutLast(page: LogPage): LogPage {
  const last = page.records.at(-1);
  const isPassedOver = page.records.length > 1 && !decoder.decode(last!.body).includes(conclusionMark);
  return isPassedOver ? { ...page, records: page.records.slice(0, -1) } : page;
}
