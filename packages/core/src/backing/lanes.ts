import type { StoredMessage } from "./stored-message.js";

/** How long to wait before it is tried again; `undefined` when it is over. */
export type Outcome = number | undefined;

export interface LanesOptions {
  /** How many are worked on at once. */
  readonly concurrency: number;
  /** Works on one. Neither throws nor rejects. */
  readonly work: (message: StoredMessage) => Outcome | Promise<Outcome>;
  /** Calls `then` after so many milliseconds. */
  readonly after: (milliseconds: number, then: () => void) => void;
  /** Told when one is over. */
  readonly onOver: (message: StoredMessage) => void;
}

/**
 * Works on messages in the order in which they came: of a key one at a time, of different keys at once. One that is tried
 * again holds up its key only.
 */
export class Lanes {
  readonly #options: LanesOptions;
  /** The keys that are under way or held up, each with what waits behind. */
  readonly #lanes = new Map<string, StoredMessage[]>();
  #ready: StoredMessage[] = [];
  #running = 0;
  #held = 0;
  #starting = false;
  #stopped = false;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** How many were put in and are not over. */
  get held(): number {
    return this.#held;
  }

  put(message: StoredMessage): void {
    this.#held += 1;
    const lane = laneOf(message);
    const waiting = this.#lanes.get(lane);
    if (waiting) {
      waiting.push(message);
      return;
    }
    this.#lanes.set(lane, []);
    this.#start(message);
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#ready = [];
  }

  #start(message?: StoredMessage): void {
    if (message) this.#ready.push(message);
    // What is over at once must not nest its next ones, however many they are.
    if (this.#starting) return;
    this.#starting = true;
    while (this.#running < this.#options.concurrency) {
      const next = this.#ready.shift();
      if (!next) break;
      this.#running += 1;
      const outcome = this.#options.work(next);
      if (typeof outcome === "object") void outcome.then((late) => this.#worked(next, late));
      else this.#worked(next, outcome);
    }
    this.#starting = false;
  }

  #worked(message: StoredMessage, outcome: Outcome): void {
    this.#running -= 1;
    if (outcome !== undefined) {
      this.#options.after(outcome, () => {
        if (!this.#stopped) this.#start(message);
      });
      this.#start();
      return;
    }
    this.#held -= 1;
    const lane = laneOf(message);
    const next = this.#lanes.get(lane)!.shift();
    if (!next) this.#lanes.delete(lane);
    this.#options.onOver(message);
    if (!this.#stopped) this.#start(next);
  }
}

/** Messages without a key are in order by name. */
function laneOf({ name, key }: StoredMessage): string {
  if (key === undefined) return `@${name}`;
  return typeof key === "number" ? `#${key}` : `$${key}`;
}
