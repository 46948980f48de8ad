import type { Appended, Producer } from "@eventwire/core";
import type { Moment } from "../moment.js";
import type { Records } from "../records.js";
import { BatchBuilder } from "./batch-builder.js";
import { Batches } from "./batches.js";
import type { Database } from "./database.js";
import { KnownIds } from "./known-ids.js";
import type { LogState } from "./log-state.js";
import type { Names } from "./names.js";
import { Producers, type ProducersLimits } from "./producers.js";

/** How much a row holds at most: who wants one event of it reads all. */
const maxCount = 1_024;
const maxBytes = 256 * 1_024;

/** Records that came in one turn. */
export interface Incoming {
  readonly records: Records;
  readonly names: readonly string[];
  /** By the index of their record. */
  readonly producers: ReadonlyMap<number, Producer>;
  /** When the first of it was asked for. */
  readonly asked: Moment;
}

/** Some of the records of a turn. */
export interface Part {
  readonly incoming: Incoming;
  /** Where the first of them begins, in bytes. */
  readonly at: number;
  /** Its index. */
  readonly index: number;
  readonly count: number;
  /** Of all of them. */
  readonly bytes: number;
}

/** How long what was appended is known for a repetition. */
export interface AppenderLimits extends ProducersLimits {
  /** Of ids, in milliseconds. */
  readonly dedupeWindow: number;
}

/** Appends to the log, within a transaction. */
export class Appender {
  readonly #names: Names;
  readonly #batches: Batches;
  readonly #producers: Producers;
  readonly #known: KnownIds;

  constructor(db: Database, names: Names, limits: AppenderLimits) {
    this.#names = names;
    this.#batches = new Batches(db);
    this.#producers = new Producers(db, limits);
    this.#known = new KnownIds(db, "ids", limits.dedupeWindow);
  }

  /**
   * What is appended together shares its rows.
   *
   * @returns the state of the log after it, and for each part the first offset where all of it was kept, or what became of each.
   */
  append(
    parts: readonly Part[],
    now: number,
    state: LogState,
  ): { readonly state: LogState; readonly results: readonly (number | readonly Appended[])[] } {
    const time = Math.max(state.time, Math.floor(now));
    let { head, events, bytes } = state;
    let batch = new BatchBuilder(time);
    const write = () => {
      if (batch.count === 0) return;
      const built = batch.build();
      this.#batches.insert(built);
      events += built.count;
      bytes += built.bytes;
      batch = new BatchBuilder(time);
    };
    const results = parts.map(({ incoming, at: from, index, count }) => {
      const { records, names, producers } = incoming;
      const numbers = [0, ...names.map((name) => this.#names.number(name))];
      const first = head + 1;
      let others: Appended[] | undefined;
      let at = from;
      for (let done = 0; done < count; done++) {
        const appended = this.#admit(records.id(at), head + 1, time, producers.get(index + done));
        if (appended) {
          others ??= Array.from({ length: done }, (_, before) => kept(first + before));
          others.push(appended);
        } else {
          head += 1;
          others?.push(kept(head));
          records.setName(at, numbers[records.name(at)]!);
          records.setAbout(at, numbers[records.about(at)]!);
          const size = records.next(at) - at;
          if (batch.count === maxCount || (batch.count > 0 && batch.size + size > maxBytes)) write();
          batch.add(records, at, head);
        }
        at = records.next(at);
      }
      return others ?? first;
    });
    write();
    this.#producers.settle(time);
    this.#known.settle(time);
    return { state: head > state.head ? { ...state, head, time, events, bytes } : state, results };
  }

  /** Where an event was appended, as long as its id is known. */
  offsetOf(id: string, now: number): number | undefined {
    return this.#known.find(id, Math.floor(now));
  }

  /** To be called where the transaction was undone. */
  undo(): void {
    this.#names.forget();
    this.#producers.undo();
    this.#known.undo();
  }

  /** What stands against an event; `undefined` when it is kept, at `offset`. */
  #admit(id: string, offset: number, time: number, producer: Producer | undefined): Appended | undefined {
    const refused = producer && this.#producers.advance(producer, time);
    if (refused && refused !== "duplicate") return refused;
    if (refused) return { type: "appended", offset: this.#known.find(id, time), duplicate: true };
    const known = this.#known.add(id, offset, time);
    // Its sequence says that it is none: whoever numbers its appends may use an id again.
    if (known === undefined || producer) return undefined;
    return { type: "appended", offset: known, duplicate: true };
  }
}

function kept(offset: number): Appended {
  return { type: "appended", offset, duplicate: false };
}
