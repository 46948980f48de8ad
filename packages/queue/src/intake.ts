import { isAmount } from "./amount.js";
import type { Drops } from "./drops.js";
import { AbortedError } from "./errors/aborted-error.js";
import { ClosedError } from "./errors/closed-error.js";
import { MisuseError } from "./errors/misuse-error.js";
import type { Key } from "./key.js";
import { Moment } from "./moment.js";
import { type MakeRoom, makeRoomBy, type Overflow } from "./overflow.js";
import { Producers } from "./producers.js";
import type { OfferOptions, QueueOptions } from "./queue.js";
import type { Runtime } from "./runtime.js";
import type { Store } from "./store.js";
import type { Tally } from "./tally.js";

export interface IntakeOptions<Data> {
  readonly name: string;
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly key: QueueOptions<Data>["key"];
  readonly runtime: Runtime;
  readonly store: Store<Data>;
  readonly drops: Drops<Data>;
  readonly tally: Tally;
  /** Told when an entry has come. */
  readonly onCame: () => void;
}

const none: OfferOptions = {};

/** The way into a queue. */
export class Intake<Data> {
  readonly #name: string;
  readonly #capacity: number;
  readonly #key: QueueOptions<Data>["key"];
  readonly #runtime: Runtime;
  readonly #store: Store<Data>;
  readonly #drops: Drops<Data>;
  readonly #tally: Tally;
  readonly #conflates: boolean;
  readonly #producers: Producers<Data>;
  readonly #makeRoom: MakeRoom<Data>;
  readonly #onCame: () => void;
  #lastMoment = new Moment(0);
  #closed = false;

  constructor({ name, capacity, overflow, key, runtime, store, drops, tally, onCame }: IntakeOptions<Data>) {
    const producers = new Producers<Data>(name);
    this.#name = name;
    this.#capacity = capacity;
    this.#key = key;
    this.#runtime = runtime;
    this.#store = store;
    this.#drops = drops;
    this.#tally = tally;
    this.#conflates = overflow === "conflate";
    this.#producers = producers;
    this.#makeRoom = makeRoomBy(overflow, { name, capacity, drops, producers });
    this.#onCame = onCame;
  }

  /** How many offers wait for room. */
  get waiting(): number {
    return this.#producers.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  offer(data: Data, options: OfferOptions = none): boolean | Promise<boolean> {
    const { key = this.#key?.(data), priority = 0, delay = 0, signal } = options;
    if (options !== none) this.#check(options, priority, delay);
    if (this.#closed) throw this.#closedError();
    const dueAt = delay > 0 ? this.#runtime.monotonic() + delay : undefined;
    if (this.#conflates && key !== undefined && this.#store.hasNewest(key)) {
      this.#replace(data, key);
      return true;
    }
    if (this.#store.size >= this.#capacity) {
      const offeredAt = this.#runtime.now();
      const room = this.#makeRoom({ data, key, priority, dueAt, offeredAt, signal });
      if (room !== true) return room;
    }
    this.#insert(data, key, priority, dueAt, this.#moment());
    // More than one too many may wait: what came back for another attempt is always let in.
    while (this.#store.size > this.#capacity) this.#drops.tell(this.#store.dropOldest()!, "overflow");
    return true;
  }

  /** Lets in what waits, as far as there is room. */
  admit(): void {
    while (this.#producers.size > 0 && this.#store.size < this.#capacity) {
      const { data, key, priority, dueAt, offeredAt } = this.#producers.admit()!;
      this.#insert(data, key, priority, dueAt, new Moment(offeredAt));
    }
  }

  close(): void {
    this.#closed = true;
    this.#producers.close();
  }

  #replace(data: Data, key: Key): void {
    this.#drops.checkOutside();
    const replaced = this.#store.replace(key, data, this.#moment());
    this.#tally.offered += 1;
    this.#drops.tell(replaced, "replaced");
  }

  #insert(
    data: Data,
    key: Key | undefined,
    priority: number,
    dueAt: number | undefined,
    moment: Moment,
  ): void {
    if (key === undefined && priority === 0 && dueAt === undefined) this.#store.addPlain(data, moment);
    else this.#store.add(data, key, priority, dueAt, moment);
    this.#tally.offered += 1;
    this.#onCame();
  }

  #moment(): Moment {
    const now = this.#runtime.now();
    if (this.#lastMoment.at !== now) this.#lastMoment = new Moment(now);
    return this.#lastMoment;
  }

  #check({ signal }: OfferOptions, priority: number, delay: number): void {
    const name = this.#name;
    if (!isAmount(delay) || !Number.isFinite(priority)) {
      throw new MisuseError(
        `"${name}" was not offered an entry: it needs a finite priority and a delay of at least 0 ms; they are ${priority} and ${delay}.`,
        { name },
      );
    }
    if (signal?.aborted) throw new AbortedError(name, signal.reason, `An offer to "${name}"`);
  }

  #closedError(): ClosedError {
    return new ClosedError(`"${this.#name}" was not offered an entry`, this.#name, "queue");
  }
}
