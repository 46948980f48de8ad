import type { Store } from "./store.js";

/** How often to look without a hint, in milliseconds; where hints are never lost, never. */
const poll = 1_000;

/** Says when to look for something again: when there was a hint, at the time that one named, or after a while without. */
export class Hints {
  readonly #store: Store;
  readonly #look: () => void;
  #hinted = false;
  #stopped = false;
  #due = Number.POSITIVE_INFINITY;
  #cancelDue: (() => void) | undefined;
  #cancelPoll: (() => void) | undefined;

  constructor(store: Store, look: () => void) {
    this.#store = store;
    this.#look = look;
  }

  /** Whether there was a hint since `clear`. */
  get hinted(): boolean {
    return this.#hinted;
  }

  clear(): void {
    this.#hinted = false;
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }

  /** @param dueAt when to look, in milliseconds since the Unix epoch. Default: now. */
  hint(dueAt?: number): void {
    if (this.#stopped) return;
    const wait = dueAt === undefined ? 0 : dueAt - this.#store.runtime.now();
    if (wait <= 0) {
      this.#hinted = true;
      this.#look();
    } else if (dueAt! < this.#due) {
      this.#cancelDue?.();
      this.#due = dueAt!;
      this.#cancelDue = this.#store.runtime.timer(() => {
        this.#due = Number.POSITIVE_INFINITY;
        this.hint();
      }, wait);
    }
  }

  /** Looks after a while, unless it is hinted before. */
  wait(): void {
    if (this.#store.broker.features.scope === "process" || this.#stopped) return;
    this.#cancelPoll?.();
    this.#cancelPoll = this.#store.runtime.timer(this.#look, poll);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelDue?.();
    this.#cancelPoll?.();
  }
}
