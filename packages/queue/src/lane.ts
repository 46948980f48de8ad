import { outranks, type QueueEntry, urgency } from "./entry.js";
import type { Key } from "./key.js";
import { Order } from "./order.js";

/**
 * How many entries of a key may wait among those of others although one of them goes first. What is parked comes back through
 * a heap, what waits there does not; but when the key is held, all of these are parked in one go.
 */
const most = 32;

/**
 * What is known of a key while anything of it is due or under way. As long as nobody holds it, the first of its entries is
 * in `ready`, among those of other keys; some of the others are there too, the rest are parked here.
 */
export class Lane<Data> {
  readonly key: Key;
  /** What blocks the key: an entry in flight, or one that waits for another attempt. */
  holder: QueueEntry<Data> | undefined = undefined;
  readonly #ready: Order<QueueEntry<Data>>;
  #parked: Order<QueueEntry<Data>> | undefined = undefined;
  /** One of its entries in `ready`: what gives way to it may be parked. */
  #front: QueueEntry<Data> | undefined = undefined;
  /** How many of its entries are in `ready`, the holder apart. */
  #count = 0;

  constructor(key: Key, ready: Order<QueueEntry<Data>>) {
    this.key = key;
    this.#ready = ready;
  }

  /** Whether nothing is left to know. */
  get idle(): boolean {
    return this.holder === undefined && this.#count === 0;
  }

  /** An entry is due. */
  add(entry: QueueEntry<Data>): void {
    const front = this.#front;
    if (this.holder !== undefined) this.park(entry);
    else if (front === undefined || outranks(entry, front)) {
      this.#front = entry;
      this.#bringForward(entry);
    } else if (this.#count < most) this.#bringForward(entry);
    else this.park(entry);
  }

  /** An entry that was taken from `ready` holds the key from now on; false if another does, and it is parked. */
  hold(entry: QueueEntry<Data>): boolean {
    if (this.holder === entry) return true;
    this.#count -= 1;
    if (this.holder !== undefined) {
      this.park(entry);
      return false;
    }
    this.holder = entry;
    this.#front = undefined;
    return true;
  }

  park(entry: QueueEntry<Data>): void {
    this.#parked ??= new Order<QueueEntry<Data>>(urgency);
    this.#parked.add(entry);
    entry.place = this.#parked;
  }

  /** Nobody holds the key any more. */
  free(): void {
    this.holder = undefined;
    this.#front = this.#parked?.shift();
    if (this.#front !== undefined) this.#bringForward(this.#front);
  }

  /** An entry of it waits no longer, and was not taken. */
  left(entry: QueueEntry<Data>): void {
    if (entry === this.holder) this.free();
    else if (entry.place === this.#ready) {
      this.#count -= 1;
      if (this.holder === undefined) this.free();
    }
  }

  #bringForward(entry: QueueEntry<Data>): void {
    this.#count += 1;
    this.#ready.add(entry);
    entry.place = this.#ready;
  }
}
