import type { LogRecord } from "../broker.js";
import type { Feed } from "./feed.js";
import type { Progress } from "./progress.js";
import type { Reader } from "./reader.js";
import { inSlices } from "./slices.js";
import type { Store } from "./store.js";
import type { StoredMessage } from "./stored-message.js";

const pageLimit = 1_000;
/** How often to look without a hint, in milliseconds; where hints are never lost, never. */
const poll = 1_000;
/** How soon to look again after a hint that came early. */
const soon = 10;

/** Reads the end of the log once for all feeds that have caught up. */
export class Tail {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #progress: Progress;
  readonly #turn: (work: () => void) => void;
  readonly #feeds = new Set<Feed>();
  /** Names that feeds want, also those that have not caught up: so it finds all of them when they join. */
  readonly #names = new Map<string, number>();
  /** The names of the page that is under way. */
  #reading: ReadonlySet<string> | undefined;
  #epoch = "";
  #at = 0;
  /** The largest head that was hinted, and whether one was since the page under way was asked for. */
  #hinted = 0;
  #fresh = false;
  #running = false;
  #wake: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  /** @param turn runs what calls listeners. */
  constructor(store: Store, reader: Reader, progress: Progress, turn: (work: () => void) => void) {
    this.#store = store;
    this.#reader = reader;
    this.#progress = progress;
    this.#turn = turn;
  }

  /** All up to here was given to the feeds. */
  get at(): number {
    return this.#at;
  }

  want(names: readonly string[]): void {
    for (const name of names) this.#names.set(name, (this.#names.get(name) ?? 0) + 1);
  }

  unwant(names: readonly string[]): void {
    for (const name of names) {
      const count = this.#names.get(name)! - 1;
      if (count > 0) this.#names.set(name, count);
      else this.#names.delete(name);
    }
  }

  /** Takes a feed in, if it has all that was given to the others, and what is being read holds all that it wants. */
  admit(feed: Feed): boolean {
    if (this.#feeds.size === 0 && !this.#reading) {
      this.#epoch = feed.epoch;
      this.#at = feed.after;
    }
    const names = this.#reading;
    if (feed.epoch !== this.#epoch || feed.after < this.#at) return false;
    if (names && !feed.names.every((name) => names.has(name))) return false;
    this.#feeds.add(feed);
    if (!this.#running) void this.#run();
    return true;
  }

  leave(feed: Feed): void {
    this.#feeds.delete(feed);
    if (this.#feeds.size > 0) return;
    this.#wake?.();
    this.#progress.made();
  }

  /** Resolves when the page that is under way is given out; without one, after so many milliseconds. */
  settled(otherwise: number): Promise<void> {
    const reading = this.#reading;
    if (!reading) return this.#store.pauses.pause(otherwise);
    // Any other progress is no reason to look again: several feeds that wait would keep each other looking.
    return this.#progress.until(() => this.#reading !== reading);
  }

  /** Resolves when the feeds in it have all up to a place, and after so many milliseconds in any case. */
  async reach(number: number, atMost: number): Promise<void> {
    if (this.#feeds.size === 0 || this.#at >= number) return;
    let over = false;
    const cancel = this.#store.pauses.after(atMost, () => {
      over = true;
      this.#progress.made();
    });
    await this.#progress.until(() => over || this.#feeds.size === 0 || this.#at >= number);
    cancel();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      this.#unwatch = await this.#store.insist("watch its log", async () =>
        this.#store.log.watch((head) => this.#hint(head)),
      );
      let idle = 0;
      while (this.#feeds.size > 0) {
        const found = await this.#readPage();
        idle = found ? 0 : idle + 1;
        if (!found && !this.#fresh && this.#feeds.size > 0) await this.#sleep(idle);
      }
    } catch (error) {
      for (const feed of this.#takeAll()) feed.fail(error);
    }
    this.#running = false;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** @returns whether there was something. */
  async #readPage(): Promise<boolean> {
    this.#fresh = false;
    const names = new Set(this.#names.keys());
    this.#reading = names;
    try {
      const page = await this.#reader.read({ after: this.#at, names: [...names], limit: pageLimit });
      if (page.epoch !== this.#epoch || page.trimmed > this.#at || page.scanned < this.#at) {
        this.#expel();
        return true;
      }
      await inSlices(this.#store.runtime, page.records, (record) => {
        this.#give(record);
        return this.#feeds.size > 0;
      });
      if (this.#feeds.size === 0) return false;
      this.#at = Math.max(this.#at, page.scanned);
      return page.records.length > 0;
    } finally {
      this.#reading = undefined;
      this.#progress.made();
    }
  }

  #give(record: LogRecord): void {
    this.#at = record.offset;
    let message: StoredMessage | undefined;
    this.#turn(() => {
      for (const feed of this.#feeds) {
        if (!feed.wants(record)) continue;
        message ??= this.#reader.message(record, this.#epoch);
        if (!message) continue;
        if (!feed.offer(message)) this.#feeds.delete(feed);
      }
    });
  }

  /** Something is missing. Which feeds miss it, each finds out for itself. */
  #expel(): void {
    for (const feed of this.#takeAll()) feed.leaveTail(this.#at);
  }

  #takeAll(): readonly Feed[] {
    const feeds = [...this.#feeds];
    this.#feeds.clear();
    return feeds;
  }

  #hint(head: number): void {
    if (head <= this.#at) return;
    this.#hinted = Math.max(this.#hinted, head);
    this.#fresh = true;
    this.#wake?.();
  }

  async #sleep(idle: number): Promise<void> {
    const early = this.#hinted > this.#at;
    const wait = early
      ? Math.min(poll, soon * 2 ** (idle - 1))
      : this.#store.broker.features.scope === "process"
        ? Number.POSITIVE_INFINITY
        : poll;
    await new Promise<void>((resolve) => {
      const cancel = this.#store.pauses.after(wait, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
