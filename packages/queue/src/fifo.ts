interface Chunk<Item> {
  readonly items: (Item | undefined)[];
  next: Chunk<Item> | undefined;
}

const smallest = 16;
const largest = 2_048;

/**
 * First in, first out, in constant time. It is a list of arrays rather than one array used as a ring: growing copies
 * nothing, so that no single call is slow, and what was taken is given back to the garbage collector on the way.
 */
export class Fifo<Item> {
  length = 0;
  #head: Chunk<Item> = chunk(smallest);
  #tail = this.#head;
  /** Where in the first chunk the first item is. */
  #first = 0;
  /** Where in the last chunk the next item goes. */
  #end = 0;

  push(item: Item): void {
    let { items } = this.#tail;
    if (this.#end === items.length) {
      const next = chunk<Item>(Math.min(largest, 2 * items.length));
      this.#tail.next = next;
      this.#tail = next;
      this.#end = 0;
      items = next.items;
    }
    items[this.#end++] = item;
    this.length += 1;
  }

  peek(): Item | undefined {
    return this.length === 0 ? undefined : this.#head.items[this.#first];
  }

  /** To be called when there is an item only. */
  shift(): Item {
    const { items, next } = this.#head;
    const item = items[this.#first] as Item;
    items[this.#first++] = undefined;
    this.length -= 1;
    if (this.length === 0) {
      // What is empty starts again at the front of the chunk it has.
      this.#first = 0;
      this.#end = 0;
    } else if (this.#first === items.length) {
      this.#head = next!;
      this.#first = 0;
    }
    return item;
  }

  *[Symbol.iterator](): Generator<Item, void, undefined> {
    let index = this.#first;
    for (let at: Chunk<Item> | undefined = this.#head; at; at = at.next) {
      const end = at === this.#tail ? this.#end : at.items.length;
      for (; index < end; index++) yield at.items[index] as Item;
      index = 0;
    }
  }
}

function chunk<Item>(length: number): Chunk<Item> {
  return { items: new Array(length), next: undefined };
}
