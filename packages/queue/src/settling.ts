import { isAmount } from "./amount.js";
import type { DeadLetters } from "./dead-letters.js";
import type { Drops } from "./drops.js";
import type { Entry, QueueEntry, Settlements } from "./entry.js";
import { MisuseError } from "./errors/misuse-error.js";
import type { Runtime } from "./runtime.js";
import { Store } from "./store.js";
import type { Tally } from "./tally.js";

/** A failed attempt. */
export interface Failure<Data> {
  /** It is settled: its methods have no effect. */
  readonly entry: Entry<Data>;
  /** What the attempt failed with; `undefined` where `retry` was called. */
  readonly error: unknown;
  /** After how many milliseconds another attempt comes; `undefined` when none does: it is dead, or was dropped. */
  readonly retryIn: number | undefined;
}

export interface SettlingOptions<Data> {
  readonly name: string;
  readonly attempts: number;
  readonly backoff: (attempt: number) => number;
  readonly onFailure: ((failure: Failure<Data>) => void) | undefined;
  readonly runtime: Runtime;
  /** Whether only the newest of each key waits. */
  readonly conflates: boolean;
  readonly dead: DeadLetters<Data>;
  readonly drops: Drops<Data>;
  readonly tally: Tally;
  /** Told when a key may have become free, or an entry has come back. */
  readonly onSettled: () => void;
}

/** What becomes of entries in flight: done, again in the store, dead or dropped. */
export class Settling<Data> implements Settlements<Data> {
  /** Where they come from. */
  readonly store: Store<Data>;
  readonly #options: SettlingOptions<Data>;
  readonly #tally: Tally;
  readonly #onSettled: () => void;
  /** The entries in flight whose signals somebody has. */
  readonly #signalled = new Set<QueueEntry<Data>>();
  /** Why nothing may wait any more. */
  #end: unknown;

  constructor(options: SettlingOptions<Data>) {
    this.#options = options;
    this.store = new Store(this, () => options.runtime.monotonic(), options.conflates);
    this.#tally = options.tally;
    this.#onSettled = options.onSettled;
  }

  done(entry: QueueEntry<Data>): void {
    this.#tally.done += 1;
    this.#leave(entry);
    if (entry.lane !== undefined) this.store.free(entry);
    this.#onSettled();
  }

  retry(entry: QueueEntry<Data>, delay: number): void {
    this.#failed(entry, undefined, delay);
  }

  fail(entry: QueueEntry<Data>, error: unknown): void {
    const { attempts } = this.#options;
    this.#failed(entry, error, entry.attempt < attempts ? this.#waitAfter(entry.attempt) : undefined);
  }

  release(entry: QueueEntry<Data>): void {
    this.#leave(entry);
    if (this.#end !== undefined) this.#dropClosed(entry);
    else if (!this.store.release(entry)) this.#options.drops.tell(entry, "replaced");
    this.#onSettled();
  }

  signalled(entry: QueueEntry<Data>): void {
    if (this.#end !== undefined) entry.abort(this.#end);
    else this.#signalled.add(entry);
  }

  /** From now on what comes back is dropped. Aborts the signals of what is in flight. */
  end(reason: unknown): void {
    this.#end = reason;
    for (const entry of this.#signalled) entry.abort(reason);
    this.#signalled.clear();
  }

  #failed(entry: QueueEntry<Data>, error: unknown, retryIn: number | undefined): void {
    this.#tally.failed += 1;
    this.#leave(entry);
    const again = retryIn !== undefined && this.#end === undefined && this.store.retry(entry, retryIn);
    if (again) this.#tally.retried += 1;
    else if (retryIn === undefined) this.#bury(entry, error);
    else if (this.#end !== undefined) this.#dropClosed(entry);
    else this.#options.drops.tell(entry, "replaced");
    this.#tellFailure({ entry, error, retryIn: again ? retryIn : undefined });
    this.#onSettled();
  }

  #bury(entry: QueueEntry<Data>, error: unknown): void {
    const { dead, drops, runtime } = this.#options;
    this.store.free(entry);
    const forgotten = dead.add(entry, error, runtime.now());
    if (forgotten !== undefined) drops.tell(forgotten, "forgotten");
  }

  #dropClosed(entry: QueueEntry<Data>): void {
    this.store.free(entry);
    this.#options.drops.tell(entry, "closed");
  }

  #leave(entry: QueueEntry<Data>): void {
    this.#tally.inFlight -= 1;
    if (this.#signalled.size > 0) this.#signalled.delete(entry);
  }

  /** With a broken backoff there is no other attempt: what is dead can be redriven, what spins cannot be stopped. */
  #waitAfter(attempt: number): number | undefined {
    const { backoff, runtime, name } = this.#options;
    try {
      const wait = backoff(attempt);
      if (isAmount(wait)) return wait;
      throw new MisuseError(
        `backoff of "${name}" must give a number of at least 0; for attempt ${attempt} it gave ${wait}.`,
        { name },
      );
    } catch (error) {
      runtime.uncaught(error);
      return undefined;
    }
  }

  #tellFailure(failure: Failure<Data>): void {
    const { onFailure, runtime } = this.#options;
    if (onFailure === undefined) return;
    try {
      onFailure(failure);
    } catch (error) {
      runtime.uncaught(error);
    }
  }
}
