import type { EventwireError } from "@eventwire/queue";
import type { LogPage, LogRecord } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import type { Gap } from "../gap.js";
import type { Key } from "../key.js";
import { shardOf } from "../shard.js";
import { isJournal } from "./journal.js";
import type { Place } from "./place.js";
import type { Progress } from "./progress.js";
import type { Reader } from "./reader.js";
import { inSlices } from "./slices.js";
import type { Store } from "./store.js";
import type { StoredMessage } from "./stored-message.js";
import type { Tail } from "./tail.js";
import type { Turns } from "./turns.js";

/** What a feed selects from the log. */
export interface Selection {
  readonly names: readonly string[];
  readonly key?: Key | undefined;
  readonly shards?: ReadonlySet<number> | undefined;
}

/** Where a feed's messages go. */
export interface Sink {
  /** How many more it takes now. When that is 0, `resume` of the feed is called once it is more. */
  readonly room: number;
  /** Whether it wants nothing any more: what has not begun need not. Default false. */
  readonly stopped?: boolean;
  put(message: StoredMessage): void;
  /** Told when messages may be missing after a place, up to another. What comes next waits for a promise that it returns. */
  gap(
    reason: Gap["reason"],
    from: Place,
    to: Place | undefined,
    error?: EventwireError,
  ): void | Promise<void>;
  /** Told when nothing more can come. */
  failed(error: unknown): void;
}

/** What brings a sink its messages. */
export interface Following {
  /** The sink has all up to here, or does not want it. */
  readonly place: number;
  /** Goes on, when the sink has room again. */
  resume(): void;
  stop(): void;
}

/** Begins to bring a sink messages; it is to be resumed first. Rejects when it may not, or does not know from where. */
export type Follow<F extends Following = Following> = (sink: Sink) => Promise<F>;

/** What all feeds of a bus share. */
export interface Source {
  readonly core: BusCore;
  readonly store: Store;
  readonly reader: Reader;
  readonly tail: Tail;
  readonly progress: Progress;
  /** For groups that take what they are to do. */
  readonly takes: Turns;
  /** Runs what calls listeners. */
  readonly turn: (work: () => void) => void;
}

/** How much is read at once. */
const pageLimit = 500;
/** How long to wait for a log that shows less than it showed another reader, in milliseconds. */
const lag = 20;

/**
 * Brings one listener the messages after a place, in the order of the log, none of them twice. While it is behind it reads
 * pages at the pace of its sink; when it has caught up it joins the tail that all share, and when its sink is slower than
 * the tail it leaves that again.
 */
export class Feed implements Following {
  readonly #source: Source;
  readonly #sink: Sink;
  #selection: Selection;
  #epoch: string;
  /** It has, or does not want, all up to here; while it is in the tail, all up to the tail's own place too. */
  #after: number;
  /** Up to where it was told that messages are missing. */
  #missing = 0;
  #tailing = false;
  #reading = false;
  /** Whether it has to look for itself before it joins the tail. */
  #unsure: boolean;
  #stopped = false;
  /** Rises when what is being read is no longer wanted. */
  #course = 0;

  constructor(source: Source, sink: Sink, selection: Selection, place: Place, fresh: boolean) {
    this.#source = source;
    this.#sink = sink;
    this.#selection = selection;
    this.#epoch = place.epoch;
    this.#after = place.number;
    this.#unsure = !fresh;
    source.tail.want(selection.names);
  }

  get epoch(): string {
    return this.#epoch;
  }

  get after(): number {
    return this.#after;
  }

  get names(): readonly string[] {
    return this.#selection.names;
  }

  /** Its sink has all up to here. */
  get place(): number {
    return this.#tailing ? Math.max(this.#after, this.#source.tail.at) : this.#after;
  }

  /** Goes on, when its sink has room again. */
  resume(): void {
    if (!this.#reading && !this.#tailing && !this.#stopped) void this.#read();
  }

  /** Begins again somewhere else, with another selection of the same names. */
  turnTo(selection: Selection, number: number): void {
    this.#source.tail.leave(this);
    this.#selection = selection;
    this.#after = number;
    this.#missing = 0;
    this.#tailing = false;
    this.#unsure = true;
    this.#course += 1;
    this.resume();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#tailing = false;
    this.#source.tail.leave(this);
    this.#source.tail.unwant(this.#selection.names);
  }

  wants({ name, key, offset }: LogRecord): boolean {
    const { names, key: wanted, shards } = this.#selection;
    if (offset <= this.#after || (wanted !== undefined && wanted !== key)) return false;
    // A group's notes are in the shards of the events that they are about.
    if (shards !== undefined && !isJournal(name) && !shards.has(shardOf(name, key))) return false;
    return names.includes(name);
  }

  /** The tail gives it a message. @returns false when it has no room, and leaves the tail. */
  offer(message: StoredMessage): boolean {
    if (this.#sink.room > 0) {
      this.#sink.put(message);
      return true;
    }
    this.leaveTail(message.number - 1);
    return false;
  }

  /** It is no longer in the tail, and has all up to a place. */
  leaveTail(after: number): void {
    this.#tailing = false;
    this.#after = Math.max(this.#after, after);
    this.#unsure = true;
    this.resume();
  }

  /** Nothing more can come. */
  fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#sink.failed(error);
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#stopped && !this.#join() && this.#sink.room > 0) await this.#readPage();
    } catch (error) {
      this.fail(error);
    }
    this.#reading = false;
  }

  #join(): boolean {
    if (!this.#unsure) this.#tailing = this.#source.tail.admit(this);
    return this.#tailing;
  }

  async #readPage(): Promise<void> {
    const { names, key, shards } = this.#selection;
    const course = this.#course;
    const page = await this.#source.reader.read({
      after: this.#after,
      names,
      key,
      shards: shards && [...shards],
      limit: Math.min(pageLimit, this.#sink.room),
    });
    const wanted = () => !this.#stopped && course === this.#course;
    if (!wanted()) return;
    if (page.epoch !== this.#epoch) {
      const from = { epoch: this.#epoch, number: this.#after };
      this.#epoch = page.epoch;
      this.#after = 0;
      this.#missing = 0;
      await this.#sink.gap("epoch", from, { epoch: page.epoch, number: 0 });
      return;
    }
    if (page.scanned < this.#after) {
      const from = { epoch: page.epoch, number: this.#after };
      this.#after = page.scanned;
      this.#missing = 0;
      await this.#sink.gap("truncated", from, { epoch: page.epoch, number: page.scanned });
      return;
    }
    if (page.trimmed > this.#after && page.trimmed > this.#missing) {
      this.#missing = page.trimmed;
      const { epoch } = page;
      const from = { epoch, number: this.#after };
      await this.#sink.gap("trimmed", from, { epoch, number: page.trimmed });
    }
    if (!(await this.#put(page, wanted))) return;
    const stands = page.scanned <= this.#after && page.records.length === 0;
    this.#after = Math.max(this.#after, page.scanned);
    this.#unsure = false;
    this.#source.progress.made();
    if (stands && !this.#join()) await this.#source.tail.settled(lag);
  }

  /** @returns whether its sink has all of it: it may have less room now than when the page was asked for. */
  async #put({ epoch, records }: LogPage, wanted: () => boolean): Promise<boolean> {
    const { reader, store, turn } = this.#source;
    let left = records.length;
    await inSlices(store.runtime, records, (record) => {
      if (!wanted() || this.#sink.room <= 0) return false;
      left -= 1;
      const message = reader.message(record, epoch);
      if (message) turn(() => this.#sink.put(message));
      if (wanted()) this.#after = record.offset;
      return true;
    });
    return left === 0 && wanted();
  }
}
