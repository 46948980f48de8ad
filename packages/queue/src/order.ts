import { Heap } from "./heap.js";

/** What is in an order as long as it waits; once it does not, the order passes over it. */
export interface Waiting {
  readonly waiting: boolean;
}

/** What knows what comes after it in the one order that it is in. */
export interface Linked<Item> extends Waiting {
  next: Item | undefined;
}

/**
 * Items by an order of theirs. What comes in that order already, as most do, is a list, first in, first out, in constant
 * time; only what comes out of order goes through a heap.
 */
export class Order<Item extends Linked<Item>> {
  /** How many of its items wait. */
  length = 0;
  readonly #precedes: (a: Item, b: Item) => boolean;
  #first: Item | undefined = undefined;
  #last: Item | undefined = undefined;
  #outOfOrder: Heap<Item> | undefined = undefined;
  /** How many are in it and wait no longer. */
  #stale = 0;

  constructor(precedes: (a: Item, b: Item) => boolean) {
    this.#precedes = precedes;
  }

  add(item: Item): void {
    this.length += 1;
    if (this.#last === undefined) {
      this.#first = item;
      this.#last = item;
    } else if (this.#precedes(this.#last, item)) {
      this.#last.next = item;
      this.#last = item;
    } else {
      this.#outOfOrder ??= new Heap(this.#precedes);
      this.#outOfOrder.push(item);
    }
  }

  first(): Item | undefined {
    let item = this.#peek();
    while (item !== undefined && !item.waiting) {
      this.#takeOut(item);
      this.#stale -= 1;
      item = this.#peek();
    }
    return item;
  }

  shift(): Item | undefined {
    const first = this.first();
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes out the item that `first` gave. */
  remove(first: Item): void {
    this.#takeOut(first);
    this.length -= 1;
  }

  /** Told that one of its items, which was not taken from it, waits no longer. */
  left(): void {
    this.length -= 1;
    this.#stale += 1;
    // Half of it may be stale, so that sweeping costs each item a constant.
    if (this.#stale > 16 && this.#stale > this.length) this.#sweep();
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (let item = this.#first; item !== undefined; item = item.next) if (item.waiting) yield item;
    for (const item of this.#outOfOrder ?? []) if (item.waiting) yield item;
  }

  #peek(): Item | undefined {
    const first = this.#first;
    const other = this.#outOfOrder?.peek();
    if (other === undefined) return first;
    return first !== undefined && this.#precedes(first, other) ? first : other;
  }

  /** Takes out the item that `#peek` gives. */
  #takeOut(item: Item): void {
    if (item !== this.#first) {
      this.#outOfOrder?.shift();
      return;
    }
    this.#first = item.next;
    item.next = undefined;
    if (this.#first === undefined) this.#last = undefined;
  }

  #sweep(): void {
    const items = [...this];
    this.#first = undefined;
    this.#last = undefined;
    this.#outOfOrder = undefined;
    this.#stale = 0;
    this.length = 0;
    for (const item of items) {
      item.next = undefined;
      this.add(item);
    }
  }
}
