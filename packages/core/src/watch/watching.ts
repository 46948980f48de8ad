import { AbortedError, ClosedError } from "@eventwire/queue";
import type { HandlerContext } from "../bus.js";
import { checkCount } from "../check-count.js";
import type { Key } from "../key.js";
import type { Projection } from "../project/projection.js";
import type { States } from "./states.js";

/** How many states an item has at most. */
const defaultBatch = 256;

/** What is known of who watches. */
export type WatchingContext = Pick<HandlerContext, "peer" | "signal">;

export interface WatchingOptions<Input, K, State> {
  /**
   * Says which states somebody sees, asked once for who watches, and then of each state whenever it changes. What is not to be seen is
   * not told, nor its key; what no longer is, is told to be gone. What has been told stays with who watches until it changes, also where
   * rights have been taken away meanwhile: that is for `allow.request` to end. Default: all.
   */
  readonly select?:
    | ((input: Input, context: WatchingContext) => (key: K, state: State) => boolean)
    | undefined;
  /** How many states are sent together at most: so many have to fit into a message. Default 256. */
  readonly batch?: number | undefined;
}

/**
 * Answers a streamed request with the states of a projection: with all of them, then with what changes. Who reads slowly is told the newest
 * state of each key that has changed meanwhile, and nothing waits for it but keys. The answer ends with the projection, and when the bus begins to close;
 * it fails where the projection cannot become ready.
 *
 * @throws {MisuseError} when `batch` is no whole number of at least 1.
 *
 * @example
 * ```ts
 * bus.handle("board.watch", watching(board, { select: ({ airport }) => (_, gate) => gate.airport === airport }));
 * ```
 */
export function watching<K extends Key, State, Input = unknown>(
  projection: Projection<K, State>,
  { select, batch = defaultBatch }: WatchingOptions<Input, K, State> = {},
): (input: Input, context: WatchingContext) => AsyncIterableIterator<States<K, State>> {
  checkCount("batch", batch);
  const standing = new Standing(projection);
  return (input, context) => {
    const watcher = new Watcher(projection, standing, select?.(input, context), batch);
    return watcher.items(context.signal);
  };
}

/**
 * Whether a projection can be watched, for all who watch it: what waits for a promise is kept until that settles, and they come and go.
 */
class Standing {
  /** Whether all of its states are there. */
  ready = false;
  /** Whether it ends. */
  over = false;
  /** Why it cannot be. */
  failure: unknown;
  readonly #projection: Pick<Projection<Key, unknown>, "ready" | "closing">;
  readonly #wakes = new Set<() => void>();
  #asked = false;

  constructor(projection: Pick<Projection<Key, unknown>, "ready" | "closing">) {
    this.#projection = projection;
    void projection.closing.then(() => this.#become({ over: true }));
  }

  /** Calls `wake` at each change. @returns what ends that. */
  on(wake: () => void): () => void {
    // Not before somebody watches: who asks for it is the one to be told that it failed.
    if (!this.#asked) {
      this.#asked = true;
      this.#projection.ready.then(
        () => this.#become({ ready: true }),
        (failure: unknown) => this.#become({ over: true, failure }),
      );
    }
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  /** @throws what the projection failed with. That it was stopped, or its bus was closed, is no failure. */
  check(): void {
    const { failure } = this;
    if (failure && !(failure instanceof AbortedError || failure instanceof ClosedError)) throw failure;
  }

  #become(state: Partial<Pick<Standing, "ready" | "over" | "failure">>): void {
    Object.assign(this, state);
    for (const wake of this.#wakes) wake();
  }
}

/** What one of those who watch is told. */
class Watcher<K extends Key, State> {
  readonly #projection: Projection<K, State>;
  readonly #standing: Standing;
  readonly #sees: ((key: K, state: State) => boolean) | undefined;
  readonly #batch: number;
  /** What is left of all, until all were told. */
  #all: Iterator<readonly [key: K, state: State]> | undefined;
  #anew = true;
  /** Of which the newest state is to be told. */
  readonly #changed = new Set<K>();
  /** Where not all are seen: those that were told. */
  readonly #told = new Set<K>();
  #wake: (() => void) | undefined;

  constructor(
    projection: Projection<K, State>,
    standing: Standing,
    sees: ((key: K, state: State) => boolean) | undefined,
    batch: number,
  ) {
    this.#projection = projection;
    this.#standing = standing;
    this.#sees = sees;
    this.#batch = batch;
  }

  async *items(signal: AbortSignal): AsyncGenerator<States<K, State>> {
    const standing = this.#standing;
    const wake = () => this.#wake?.();
    const ends = [standing.on(wake), () => signal.removeEventListener("abort", wake)];
    signal.addEventListener("abort", wake);
    let begun = false;
    try {
      while (!signal.aborted && !standing.over) {
        if (standing.ready && !begun) {
          begun = true;
          ends.push(this.#follow(wake));
        }
        const item = begun ? this.#next() : undefined;
        if (item) yield item;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
      if (!signal.aborted) standing.check();
    } finally {
      for (const end of ends) end();
    }
  }

  /** Begins with all of them. @returns what ends it. */
  #follow(wake: () => void): () => void {
    this.#begin();
    return this.#projection.on((change) => {
      if (change.type === "snapshot") this.#begin();
      else this.#changed.add(change.key);
      wake();
    });
  }

  #begin(): void {
    this.#all = this.#projection.entries();
    this.#anew = true;
    this.#changed.clear();
  }

  #next(): States<K, State> | undefined {
    if (this.#all) return this.#nextOfAll(this.#all);
    const entries: States<K, State>["entries"][number][] = [];
    for (const key of this.#changed) {
      if (entries.length >= this.#batch) break;
      this.#changed.delete(key);
      entries.push(...this.#entry(key, this.#projection.get(key)));
    }
    return entries.length > 0 ? { anew: false, more: false, entries } : undefined;
  }

  #nextOfAll(all: Iterator<readonly [key: K, state: State]>): States<K, State> {
    const anew = this.#anew;
    this.#anew = false;
    if (anew) this.#told.clear();
    const entries: States<K, State>["entries"][number][] = [];
    while (entries.length < this.#batch) {
      const { done, value } = all.next();
      if (done) {
        this.#all = undefined;
        break;
      }
      this.#changed.delete(value[0]);
      entries.push(...this.#entry(...value));
    }
    return { anew, more: this.#all !== undefined, entries };
  }

  /** What is to be told of a key, if anything is. */
  #entry(key: K, state: State | undefined): readonly (readonly [key: K, state?: State])[] {
    const seen = state !== undefined && (this.#sees?.(key, state) ?? true);
    if (!this.#sees) return seen ? [[key, state]] : [[key]];
    if (seen) {
      this.#told.add(key);
      return [[key, state]];
    }
    return this.#told.delete(key) ? [[key]] : [];
  }
}
