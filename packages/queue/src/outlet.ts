import type { QueueEntry } from "./entry.js";
import type { Intake } from "./intake.js";
import type { Runtime } from "./runtime.js";
import type { Store } from "./store.js";
import type { Tally } from "./tally.js";
import type { TokenBucket } from "./token-bucket.js";

export interface OutletOptions<Data> {
  readonly runtime: Runtime;
  readonly store: Store<Data>;
  readonly intake: Intake<Data>;
  readonly tally: Tally;
  readonly bucket: TokenBucket | undefined;
}

/** The way out of a queue. */
export class Outlet<Data> {
  paused = false;
  readonly #runtime: Runtime;
  readonly #store: Store<Data>;
  readonly #intake: Intake<Data>;
  readonly #tally: Tally;
  readonly #bucket: TokenBucket | undefined;

  constructor({ runtime, store, intake, tally, bucket }: OutletOptions<Data>) {
    this.#runtime = runtime;
    this.#store = store;
    this.#intake = intake;
    this.#tally = tally;
    this.#bucket = bucket;
  }

  take(): QueueEntry<Data> | undefined {
    if (this.paused || this.#readyAt() !== undefined) return undefined;
    const entry = this.#store.take();
    if (entry === undefined) return undefined;
    this.#tally.inFlight += 1;
    this.#bucket?.spend(this.#runtime.monotonic());
    if (this.#intake.waiting > 0) this.#intake.admit();
    return entry;
  }

  /** When time alone may let `take` give something after it gave nothing, on the monotonic clock. */
  nextAt(): number | undefined {
    if (this.paused || this.#store.size === 0) return undefined;
    return this.#readyAt() ?? this.#store.nextDueAt();
  }

  /** When the rate allows another, unless it does now. */
  #readyAt(): number | undefined {
    if (this.#bucket === undefined) return undefined;
    const { readyAt } = this.#bucket;
    return readyAt > this.#runtime.monotonic() ? readyAt : undefined;
  }
}
