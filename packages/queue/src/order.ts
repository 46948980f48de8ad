import { Heap } from "./heap.js";

/** What tells items of one rank apart. */
export interface Ranked {
  /** The smaller one comes first. */
  readonly id: number;
}

/** What is in an order as long as it waits; once it does not, the order passes over it. It knows what comes after it there. */
export interface Linked<Item> extends Ranked {
  readonly waiting: boolean;
  next: Item | undefined;
}

/**
 * Items by rank, smaller ones first, then by id. What comes in that order already, as most do, is a list, first in, first
 * out, in constant time; only what comes out of order goes through a heap.
 */
export class Order<Item extends Linked<Item>> {
  /** How many of its items wait. */
  length = 0;
  readonly #rankOf: (item: Item) => number;
  #first: Item | undefined = undefined;
  #last: Item | undefined = undefined;
  #outOfOrder: Heap<Item> | undefined = undefined;
  /** How many are in it and wait no longer. */
  #stale = 0;

  constructor(rankOf: (item: Item) => number) {
    this.#rankOf = rankOf;
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
      this.#outOfOrder ??= new Heap(this.#rankOf);
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
    // What leaves from the front, as most do, leaves nothing behind.
    this.first();
    // Half of the rest may be stale, so that sweeping costs each item a constant.
    if (this.#stale > 16 && this.#stale > this.length) this.#sweep();
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (let item = this.#first; item !== undefined; item = item.next) if (item.waiting) yield item;
    for (const item of this.#outOfOrder ?? []) if (item.waiting) yield item;
  }

  #precedes(a: Item, b: Item): boolean {
    const rank = this.#rankOf(a);
    const other = this.#rankOf(b);
    return rank === other ? a.id < b.id : rank < other;
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
    this.#outOfOrder?.filter(({ waiting }) => waiting);
    let item = this.#first;
    this.#first = undefined;
    this.#last = undefined;
    while (item !== undefined) {
      const { next } = item;
      item.next = undefined;
      if (item.waiting) {
        if (this.#last === undefined) this.#first = item;
        else this.#last.next = item;
        this.#last = item;
      }
      item = next;
    }
    this.#stale = 0;
  }
}
