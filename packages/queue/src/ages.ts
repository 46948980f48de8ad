import { isOlder, type QueueEntry } from "./entry.js";
import { type Linked, Order } from "./order.js";

/** An entry in the order of ages, beside the one in which it waits. */
class Aged<Data> implements Linked<Aged<Data>> {
  next: Aged<Data> | undefined = undefined;
  readonly entry: QueueEntry<Data>;

  constructor(entry: QueueEntry<Data>) {
    this.entry = entry;
  }

  get waiting(): boolean {
    return this.entry.waiting;
  }
}

/** Entries by when they were offered. */
export class Ages<Data> {
  readonly #order = new Order<Aged<Data>>((a, b) => isOlder(a.entry, b.entry));

  add(entry: QueueEntry<Data>): void {
    this.#order.add(new Aged(entry));
  }

  oldest(): QueueEntry<Data> | undefined {
    return this.#order.first()?.entry;
  }

  /** Told that an entry waits no longer. */
  left(): void {
    this.#order.left();
  }
}
