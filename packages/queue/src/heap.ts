/**
 * A binary heap (J. W. J. Williams, 1964): the first by `precedes` in constant time, adding and taking in logarithmic
 * time.
 */
export class Heap<Item> {
  readonly #precedes: (a: Item, b: Item) => boolean;
  readonly #items: Item[] = [];

  constructor(precedes: (a: Item, b: Item) => boolean) {
    this.#precedes = precedes;
  }

  get length(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above]!;
      if (!this.#precedes(item, parent)) break;
      items[index] = parent;
      index = above;
    }
    items[index] = item;
  }

  shift(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    const end = items.length;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= end) break;
      if (below + 1 < end && this.#precedes(items[below + 1]!, items[below]!)) below += 1;
      const child = items[below]!;
      if (!this.#precedes(child, last)) break;
      items[index] = child;
      index = below;
    }
    items[index] = last;
    return first;
  }

  [Symbol.iterator](): IterableIterator<Item> {
    return this.#items.values();
  }
}
