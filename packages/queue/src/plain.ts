import { QueueEntry, type Settlements } from "./entry.js";
import { Fifo } from "./fifo.js";
import type { Moment } from "./moment.js";

/**
 * What waits without key, priority and delay, first in, first out. It is kept as the bare data, eight bytes an entry, and
 * made an entry when it leaves.
 */
export class Plain<Data> {
  /** The id of the first; the others follow without a hole. */
  firstId = 1;
  readonly #settlements: Settlements<Data>;
  readonly #data = new Fifo<Data>();
  /** When they were offered; each once. */
  readonly #moments = new Fifo<Moment>();

  constructor(settlements: Settlements<Data>) {
    this.#settlements = settlements;
  }

  get length(): number {
    return this.#data.length;
  }

  /** @returns false, and takes nothing in, when there would be a hole before it. */
  push(id: number, data: Data, moment: Moment): boolean {
    const { length } = this.#data;
    if (length === 0) this.firstId = id;
    else if (this.firstId + length !== id) return false;
    this.#data.push(data);
    if (moment.count++ === 0) this.#moments.push(moment);
    return true;
  }

  /** To be called when there is one only, as `shift`. */
  peek(): QueueEntry<Data> {
    return this.#entry(this.#data.peek() as Data, this.#moments.peek()!);
  }

  shift(): QueueEntry<Data> {
    const moment = this.#moments.peek()!;
    if (--moment.count === 0) this.#moments.shift();
    const entry = this.#entry(this.#data.shift(), moment);
    this.firstId += 1;
    return entry;
  }

  #entry(data: Data, moment: Moment): QueueEntry<Data> {
    return new QueueEntry(this.#settlements, this.firstId, data, undefined, 0, 1, moment, "over");
  }
}
