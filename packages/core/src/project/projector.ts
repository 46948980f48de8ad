import { ClosedError } from "@eventwire/queue";
import { Feed, type Selection, type Sink, type Source } from "../backing/feed.js";
import { offsetOf, type Place } from "../backing/place.js";
import type { StoredMessage } from "../backing/stored-message.js";
import type { LogReader } from "../backing.js";
import type { BusCore } from "../bus-core.js";
import { InvalidError } from "../errors/invalid-error.js";
import { ListenerError } from "../errors/listener-error.js";
import type { Gap } from "../gap.js";
import { isKey, type Key } from "../key.js";
import type { EventMessage, Offset } from "../message.js";
import { isThenable } from "../thenable.js";
import type { ProjectionChange, ProjectionFailure } from "./projection.js";
import { SavedSnapshots } from "./saved-snapshots.js";
import type { Snapshot } from "./snapshot.js";

/** How many messages are taken at once: each is folded as it comes. */
const room = 500;

type Change = ProjectionChange<Key, unknown>;

export interface ProjectorOptions {
  readonly core: BusCore;
  readonly names: readonly string[];
  /** Default: that of the event. */
  readonly key: ((event: EventMessage) => unknown) | undefined;
  readonly fold: (state: unknown, event: EventMessage) => unknown;
  readonly name: string | undefined;
  readonly version: number;
  readonly saveEvery: number;
  readonly gap: (reason: Gap["reason"]) => void;
}

/** Folds what a feed brings, keeps the state, and tells of it. */
export class Projector implements Sink, LogReader {
  readonly room = room;
  readonly states = new Map<Key, unknown>();
  /** Of each key the first event that could not be folded; nothing that comes behind it is. */
  readonly failures = new Map<Key | undefined, ProjectionFailure>();
  /** Resolves when nothing is folded any more. */
  readonly ended: Promise<void>;
  /** Resolves when the bus is about to end, or nothing is folded any more. */
  readonly closes: Promise<void>;
  readonly #options: ProjectorOptions;
  readonly #listeners = new Set<(change: Change) => void>();
  #source: Source | undefined;
  #snapshots: SavedSnapshots | undefined;
  #feed: Feed | undefined;
  #start: Place | undefined;
  /** Whether it begins again, where it is told once more of what is missing. */
  #rebuilding = false;
  #ended = false;
  #end: () => void = () => undefined;
  #tellClosing: () => void = () => undefined;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.closes = new Promise((resolve) => {
      this.#tellClosing = resolve;
    });
  }

  get position(): Offset | undefined {
    const place = this.#place;
    return place && offsetOf(place.epoch, place.number);
  }

  add(listener: (change: Change) => void): () => void {
    // Its own function, so that one listener may listen twice.
    const told = (change: Change) => listener(change);
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  /** Begins where it was saved. Resolves when it has folded up to `head`, the log's place when it was called. */
  async begin(source: Source, head: Place): Promise<void> {
    const { name, version, saveEvery, names } = this.#options;
    this.#source = source;
    this.#start = { epoch: head.epoch, number: 0 };
    if (name !== undefined) {
      // Never beyond what has failed: the next start is to fold that again.
      const current = () => (this.failures.size === 0 ? this.#snapshot() : undefined);
      this.#snapshots = new SavedSnapshots({ source, name, names, version, saveEvery, current });
      const saved = await this.#snapshots.load();
      if (this.#ended) return;
      if (saved) this.#restore(saved, head.epoch);
    }
    this.#feed = new Feed(source, this, { names }, this.#start, false);
    this.#feed.resume();
    await source.progress.until(() => this.#ended || this.#isAt(head));
  }

  get over(): boolean {
    return this.#ended;
  }

  put(message: StoredMessage): void {
    if (this.#ended) return;
    this.#fold(message);
    if (this.failures.size === 0) this.#snapshots?.changed();
  }

  gap(reason: Gap["reason"]): void {
    const told = reason === "trimmed" && this.#rebuilding;
    this.#rebuilding = false;
    if (told) return;
    const begun = this.#place!.number > 0;
    this.#start = { epoch: this.#feed!.epoch, number: 0 };
    this.#reset();
    this.#options.gap(reason);
    if (reason === "epoch" || !begun || this.#ended) return;
    this.#rebuilding = reason === "trimmed";
    this.#feed!.turnTo(this.#selection, 0);
  }

  failed(error: unknown): void {
    if (!(error instanceof ClosedError)) this.#options.core.report(error);
    this.stop();
  }

  finished(number: number): boolean {
    return this.#ended || (this.#feed !== undefined && this.#feed.place >= number);
  }

  closing(): void {
    this.#tellClosing();
  }

  async settle(): Promise<void> {
    await this.#snapshots?.settle();
  }

  stop(): void {
    if (this.#ended) return;
    this.#start = this.#place;
    this.#ended = true;
    this.#feed?.stop();
    this.#listeners.clear();
    this.#source?.progress.made();
    this.#tellClosing();
    this.#end();
  }

  get #selection(): Selection {
    return { names: this.#options.names };
  }

  get #place(): Place | undefined {
    const feed = this.#feed;
    return feed && !this.#ended ? { epoch: feed.epoch, number: feed.place } : this.#start;
  }

  #isAt({ epoch, number }: Place): boolean {
    const { epoch: now, number: at } = this.#place!;
    return now !== epoch || at >= number;
  }

  #fold(message: StoredMessage): void {
    const { fold, core, key: keyOf } = this.#options;
    const { name } = message;
    let key: Key | undefined;
    try {
      if (!keyOf) key = message.key;
      if (message.flaw) throw message.flaw;
      if (keyOf) key = checkedKey(name, keyOf(message));
      if (key === undefined || this.failures.has(key)) return;
      const before = this.states.get(key);
      let value: unknown;
      core.dispatcher.ambient.within(message, () => {
        value = fold(before, message);
      });
      if (isThenable(value)) {
        Promise.resolve(value).catch((error: unknown) => core.report(error));
        throw new InvalidError(name, [
          { message: "fold must return the state, not a promise of it", path: [] },
        ]);
      }
      if (!Object.is(value, before)) this.#set(key, value);
    } catch (error) {
      this.#fail(key, message, error);
    }
  }

  #fail(key: Key | undefined, { id, name, offset, cause, flaw }: StoredMessage, error: unknown): void {
    if (key !== undefined && this.failures.has(key)) return;
    if (!this.failures.has(key)) this.failures.set(key, { name, id, offset: offset!, error });
    this.#options.core.report(flaw ?? new ListenerError(name, id, error, cause));
  }

  #set(key: Key, value: unknown): void {
    if (value === undefined) this.states.delete(key);
    else this.states.set(key, value);
    this.#tell({ type: "change", key, value });
  }

  #reset(): void {
    this.failures.clear();
    if (this.states.size === 0) return;
    this.states.clear();
    this.#tell({ type: "snapshot", entries: [] });
  }

  #restore({ entries, place }: Snapshot, epoch: string): void {
    if (place.epoch !== epoch) {
      this.#options.gap("epoch");
      return;
    }
    this.#start = place;
    for (const [key, state] of entries) this.states.set(key, state);
    this.#tell({ type: "snapshot", entries });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) this.#options.core.attempt(() => listener(change));
  }

  #snapshot(): Snapshot {
    return { names: this.#options.names, place: this.#place!, entries: [...this.states] };
  }
}

/** @throws {InvalidError} */
function checkedKey(name: string, key: unknown): Key | undefined {
  if (key === undefined || isKey(key)) return key;
  throw new InvalidError(name, [{ message: "its key must be a string or a finite number", path: [] }]);
}
