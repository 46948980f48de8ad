import type { Lease } from "./lease.js";
import type { TenureState } from "./tenure-state.js";

/** How far a shard goes on beyond its first event that is not done, in events: so much a save may have to tell. */
const maxAhead = 1_000;

const none: ReadonlySet<never> = new Set();

/**
 * A shard of a group, as the member that holds it knows it: what is done, and what is not. There are many of them, most of
 * which have nothing to do, so they have no sets for what is not there.
 */
export class Tenure {
  readonly shard: number;
  readonly epoch: string;
  /** What it is held by. */
  lease: Lease;
  /** How many of its events are being worked on. */
  running = 0;
  /** Whether the feed brings its events, so that the feed's place is its place too. */
  selected = false;
  /** Not held any more: what is done has no effect. */
  over = false;
  /** Up to where it was told that its events are missing. */
  missing = 0;
  /** It was given all up to here. */
  #seen: number;
  #rests: Set<() => void> | undefined;
  /** In the order of the log, as they came. */
  #unfinished: Set<number> | undefined;
  /** Those that are done beyond the first that is not. */
  #done: Set<number> | undefined;
  #failures: Map<number, number> | undefined;
  #losses: number;
  #suspect: number;
  /** Whether something of it was begun by who is gone, although this member holds it. */
  #interrupted = false;

  constructor(shard: number, lease: Lease, state: TenureState) {
    this.shard = shard;
    this.lease = lease;
    this.epoch = state.epoch;
    this.#seen = state.position;
    if (state.done.length > 0) this.#done = new Set(state.done);
    if (state.failures.length > 0) this.#failures = new Map(state.failures);
    this.#losses = state.losses;
    this.#suspect = state.suspect;
  }

  get leaving(): boolean {
    return this.lease.leaving;
  }

  /** What waits to be tried again: called, it goes on at once. */
  get rests(): ReadonlySet<() => void> {
    return this.#rests ?? none;
  }

  /** @returns what ends the wait. */
  rest(end: () => void): () => void {
    this.#rests ??= new Set();
    this.#rests.add(end);
    return () => this.#rests?.delete(end);
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
    if (this.#done?.has(number)) return false;
    this.#unfinished ??= new Set();
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
    return 1 + losses + (this.#failures?.get(number) ?? 0);
  }

  /** Somebody may have begun it for this member, and is gone: that counts as the loss of a member does, and once. */
  interrupted(number: number): void {
    if (!this.#interrupted) this.#losses += 1;
    this.#interrupted = true;
    this.#suspect = Math.max(this.#suspect, number);
  }

  /** @returns how often it has failed. */
  failed(number: number): number {
    this.#failures ??= new Map();
    const failures = (this.#failures.get(number) ?? 0) + 1;
    this.#failures.set(number, failures);
    return failures;
  }

  finished(number: number): void {
    const position = this.#position;
    if (!this.#unfinished?.delete(number)) return;
    this.#failures?.delete(number);
    this.#done ??= new Set();
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
      done: [...(this.#done ?? none)].sort((a, b) => a - b),
      failures: [...(this.#failures ?? [])],
      open,
      losses: suspect > 0 ? this.#losses : 0,
      suspect,
    };
  }

  /** Everything up to here is done. */
  get #position(): number {
    for (const first of this.#unfinished ?? none) return first - 1;
    return this.#seen;
  }

  /** Forgets what is done up to where all is. */
  #tidy(): void {
    const position = this.#position;
    for (const number of this.#done ?? none) if (number <= position) this.#done?.delete(number);
  }

  get #ahead(): number {
    return (this.#unfinished?.size ?? 0) + (this.#done?.size ?? 0);
  }
}
