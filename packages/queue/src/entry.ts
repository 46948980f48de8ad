import { isAmount } from "./amount.js";
import { MisuseError } from "./errors/misuse-error.js";
import type { Key } from "./key.js";
import type { Lane } from "./lane.js";
import type { Moment } from "./moment.js";
import type { Linked, Order } from "./order.js";

/**
 * An entry in flight: taken, with its key blocked, until it is settled by one of its four methods. Each returns false,
 * and changes nothing, when it was settled before, whoever did it.
 */
export interface Entry<Data> {
  /** Its place in the order of offers, from 1; it keeps it through retries. */
  readonly id: number;
  readonly data: Data;
  readonly key: Key | undefined;
  readonly priority: number;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** When it was offered, in milliseconds since the Unix epoch. */
  readonly offeredAt: number;
  /**
   * Aborts when the attempt is over although the entry was not settled by whoever has it: its worker took too long, or the
   * queue was closed.
   */
  readonly signal: AbortSignal;
  /** The work is done: the entry is gone. */
  done(): boolean;
  /**
   * The attempt failed: another comes, whatever the queue's `attempts`, once `delay` milliseconds have passed. Until then
   * the entry waits in its place and holds its key.
   *
   * @param delay default 0.
   * @throws {MisuseError} when it is no number of at least 0.
   */
  retry(delay?: number): boolean;
  /** The attempt failed: the queue's `attempts` and `backoff` say whether and when another comes, or it is dead. */
  fail(error: unknown): boolean;
  /** Gives it back as if it had not been taken: it waits in its place, and the attempt does not count. */
  release(): boolean;
}

/** What an entry is settled with: its queue. */
export interface Settlements<Data> {
  done(entry: QueueEntry<Data>): void;
  retry(entry: QueueEntry<Data>, delay: number): void;
  fail(entry: QueueEntry<Data>, error: unknown): void;
  release(entry: QueueEntry<Data>): void;
  /** Somebody has its signal. */
  signalled(entry: QueueEntry<Data>): void;
}

/**
 * An entry, while it waits and once while it is in flight. One that comes back waits as a copy, so that what was given out
 * for the attempt before has no effect any more.
 */
export class QueueEntry<Data> implements Entry<Data>, Linked<QueueEntry<Data>> {
  /** Where it is: an entry that is neither waiting nor in flight is settled or dropped. */
  state: "waiting" | "in flight" | "over";
  /** On the monotonic clock; `undefined`: at once. */
  dueAt: number | undefined = undefined;
  lane: Lane<Data> | undefined = undefined;
  /** Where it waits. */
  place: Order<QueueEntry<Data>> | undefined = undefined;
  /** What comes after it there. */
  next: QueueEntry<Data> | undefined = undefined;
  /** Those beside it in the order of ages. */
  older: QueueEntry<Data> | undefined = undefined;
  younger: QueueEntry<Data> | undefined = undefined;
  readonly #settlements: Settlements<Data>;
  /** Made when it is asked for: most never are, and they are dear. */
  #controller: AbortController | undefined = undefined;

  constructor(
    settlements: Settlements<Data>,
    readonly id: number,
    public data: Data,
    readonly key: Key | undefined,
    readonly priority: number,
    public attempt: number,
    public moment: Moment,
    state: "waiting" | "in flight" | "over",
  ) {
    this.#settlements = settlements;
    this.state = state;
  }

  get waiting(): boolean {
    return this.state === "waiting";
  }

  get offeredAt(): number {
    return this.moment.at;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.state === "in flight") this.#settlements.signalled(this);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  done(): boolean {
    if (this.state !== "in flight") return false;
    this.state = "over";
    this.#settlements.done(this);
    return true;
  }

  retry(delay = 0): boolean {
    if (!isAmount(delay)) throw new MisuseError(`retry needs a delay of at least 0 ms; it is ${delay}.`);
    if (this.state !== "in flight") return false;
    this.state = "over";
    this.#settlements.retry(this, delay);
    return true;
  }

  fail(error: unknown): boolean {
    if (this.state !== "in flight") return false;
    this.state = "over";
    this.#settlements.fail(this, error);
    return true;
  }

  release(): boolean {
    if (this.state !== "in flight") return false;
    this.state = "over";
    this.#settlements.release(this);
    return true;
  }

  /** The same entry, to wait again. */
  copy(attempt: number): QueueEntry<Data> {
    const { id, data, key, priority, moment } = this;
    const copy = new QueueEntry(this.#settlements, id, data, key, priority, attempt, moment, "waiting");
    copy.lane = this.lane;
    return copy;
  }
}

/** What entries that may be taken are ordered by: larger priorities first, then those offered first. */
export function urgency({ priority }: { readonly priority: number }): number {
  return 0 - priority;
}

/** By urgency, then in the order in which they were offered. */
export function outranks(a: Ranked, b: Ranked): boolean {
  return a.priority === b.priority ? a.id < b.id : a.priority > b.priority;
}

interface Ranked {
  readonly id: number;
  readonly priority: number;
}
