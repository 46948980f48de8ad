import type { TenureState } from "./tenure-state.js";

/** How far a shard goes on beyond its first event that is not done, in events: so much a save may have to tell. */
const maxAhead = 1_000;

/** A shard of a group, as the member that has its lease knows it: what is done, what is not, and for how long it is held. */
export class Tenure {
  readonly shard: number;
  readonly token: number;
  readonly epoch: string;
  /** When the lease is over, on the monotonic clock. */
  until: number;
  /** How many of its events are being worked on. */
  running = 0;
  /** Whether the feed brings its events, so that the feed's place is its place too. */
  selected = false;
  /** Begins nothing more, and is given back once nothing is under way. */
  leaving = false;
  /** Resolves when it was given back. */
  left: Promise<void> | undefined;
  /** Not held any more: what is done has no effect. */
  over = false;
  /** Rises with what there is to save; how far that is saved. */
  version = 0;
  savedVersion = 0;
  /** A save is under way; when the last one began, on the monotonic clock. */
  saving = false;
  savedAt: number;
  /** What waits to be tried again: called, it goes on at once. */
  readonly rests = new Set<() => void>();
  /** It was given all up to here. */
  #seen: number;
  /** In the order of the log, as they came. */
  readonly #unfinished = new Set<number>();
  /** Those that are done beyond the first that is not. */
  readonly #done: Set<number>;
  readonly #failures: Map<number, number>;
  readonly #losses: number;
  readonly #suspect: number;

  /** @param now on the monotonic clock. */
  constructor(shard: number, token: number, state: TenureState, now: number, until: number) {
    this.shard = shard;
    this.token = token;
    this.epoch = state.epoch;
    this.savedAt = now;
    this.until = until;
    this.#seen = state.position;
    this.#done = new Set(state.done);
    this.#failures = new Map(state.failures);
    this.#losses = state.losses;
    this.#suspect = state.suspect;
  }

  get unsaved(): boolean {
    return this.version > this.savedVersion;
  }

  get seen(): number {
    return this.#seen;
  }

  /** Whether it has to wait for its first event before it takes more. */
  get full(): boolean {
    return this.#ahead >= maxAhead;
  }

  /** Whether there is room again, and worth a look. */
  get roomy(): boolean {
    return this.#ahead <= maxAhead / 2;
  }

  /** Takes in what comes. @returns whether it is still to be done. */
  accept(number: number): boolean {
    if (number <= this.#seen) return false;
    this.#seen = number;
    if (this.#done.has(number)) return false;
    this.#unfinished.add(number);
    return true;
  }

  /** It wants nothing up to a place. */
  pass(number: number): void {
    this.#seen = Math.max(this.#seen, number);
  }

  /** Which attempt the next one is, from 1: what members that were lost may have begun counts. */
  attempt(number: number): number {
    const losses = number <= this.#suspect ? this.#losses : 0;
    return 1 + losses + (this.#failures.get(number) ?? 0);
  }

  /** @returns how often it has failed. */
  failed(number: number): number {
    const failures = (this.#failures.get(number) ?? 0) + 1;
    this.#failures.set(number, failures);
    return failures;
  }

  finished(number: number): void {
    const position = this.#position;
    if (!this.#unfinished.delete(number)) return;
    this.#failures.delete(number);
    this.#done.add(number);
    if (this.#position > position) this.#tidy();
  }

  /** What to save. */
  state(open: boolean): TenureState {
    this.#tidy();
    const position = this.#position;
    const suspect = position < this.#suspect ? this.#suspect : 0;
    return {
      epoch: this.epoch,
      position,
      done: [...this.#done].sort((a, b) => a - b),
      failures: [...this.#failures],
      open,
      losses: suspect > 0 ? this.#losses : 0,
      suspect,
    };
  }

  /** Everything up to here is done. */
  get #position(): number {
    for (const first of this.#unfinished) return first - 1;
    return this.#seen;
  }

  /** Forgets what is done up to where all is. */
  #tidy(): void {
    const position = this.#position;
    for (const number of this.#done) if (number <= position) this.#done.delete(number);
  }

  get #ahead(): number {
    return this.#unfinished.size + this.#done.size;
  }
}
