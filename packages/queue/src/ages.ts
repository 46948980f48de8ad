import type { QueueEntry } from "./entry.js";
import { type Linked, Order } from "./order.js";

/** An entry that came back when younger ones waited already. */
class Returned<Data> implements Linked<Returned<Data>> {
  next: Returned<Data> | undefined = undefined;
  readonly entry: QueueEntry<Data>;

  constructor(entry: QueueEntry<Data>) {
    this.entry = entry;
  }

  get id(): number {
    return this.entry.id;
  }

  get waiting(): boolean {
    return this.entry.waiting;
  }
}

/**
 * Entries by when they were offered. They come in that order, so that a list that is linked both ways has the oldest, and
 * lets any go, in constant time; only those that come back go through a heap.
 */
export class Ages<Data> {
  #oldest: QueueEntry<Data> | undefined = undefined;
  #youngest: QueueEntry<Data> | undefined = undefined;
  #returned: Order<Returned<Data>> | undefined = undefined;

  add(entry: QueueEntry<Data>): void {
    const youngest = this.#youngest;
    if (youngest === undefined) {
      this.#oldest = entry;
    } else if (youngest.id < entry.id) {
      youngest.younger = entry;
      entry.older = youngest;
    } else {
      this.#returned ??= new Order<Returned<Data>>(() => 0);
      this.#returned.add(new Returned(entry));
      return;
    }
    this.#youngest = entry;
  }

  oldest(): QueueEntry<Data> | undefined {
    const oldest = this.#oldest;
    const returned = this.#returned?.first()?.entry;
    if (returned === undefined) return oldest;
    return oldest !== undefined && oldest.id < returned.id ? oldest : returned;
  }

  /** Told that an entry waits no longer. */
  left(entry: QueueEntry<Data>): void {
    const { older, younger } = entry;
    if (older !== undefined) older.younger = younger;
    else if (this.#oldest === entry) this.#oldest = younger;
    else {
      this.#returned?.left();
      return;
    }
    if (younger !== undefined) younger.older = older;
    else this.#youngest = older;
    entry.older = undefined;
    entry.younger = undefined;
  }
}
