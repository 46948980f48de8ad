import type { Ranked } from "./order.js";

/** How many are below each: four are looked at in about the time of one, for they lie side by side. */
const width = 4;

/**
 * A heap (J. W. J. Williams, 1964) of items by rank, then by id: the first in constant time, adding and taking in
 * logarithmic time. The ranks and ids are kept beside the items, so that to compare two touches neither.
 */
export class Heap<Item extends Ranked> {
  readonly #rankOf: (item: Item) => number;
  #items: Item[] = [];
  #ranks: number[] = [];
  #ids: number[] = [];

  constructor(rankOf: (item: Item) => number) {
    this.#rankOf = rankOf;
  }

  get length(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    const ranks = this.#ranks;
    const ids = this.#ids;
    const rank = this.#rankOf(item);
    const { id } = item;
    let index = items.length;
    items.push(item);
    ranks.push(rank);
    ids.push(id);
    while (index > 0) {
      const above = Math.floor((index - 1) / width);
      const other = ranks[above]!;
      if (rank > other || (rank === other && id > ids[above]!)) break;
      items[index] = items[above]!;
      ranks[index] = other;
      ids[index] = ids[above]!;
      index = above;
    }
    items[index] = item;
    ranks[index] = rank;
    ids[index] = id;
  }

  shift(): Item | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    const rank = this.#ranks.pop();
    this.#ids.pop();
    if (last !== undefined && rank !== undefined && this.#items.length > 0) this.#sink(0, last, rank);
    return first;
  }

  /** Keeps those for which `kept` says so. */
  filter(kept: (item: Item) => boolean): void {
    const items = this.#items.filter(kept);
    this.#items = items;
    this.#ranks = items.map(this.#rankOf);
    this.#ids = items.map(({ id }) => id);
    // From the last that has any below (R. W. Floyd, 1964), in linear time.
    for (let index = Math.floor((items.length - 2) / width); index >= 0; index--) {
      this.#sink(index, items[index]!, this.#ranks[index]!);
    }
  }

  [Symbol.iterator](): IterableIterator<Item> {
    return this.#items.values();
  }

  /** Puts an item at the place of another, or below. */
  #sink(from: number, item: Item, rank: number): void {
    const items = this.#items;
    const ranks = this.#ranks;
    const ids = this.#ids;
    const { id } = item;
    const end = items.length;
    let index = from;
    for (;;) {
      const below = width * index + 1;
      if (below >= end) break;
      let child = below;
      let least = ranks[below]!;
      let first = ids[below]!;
      const last = Math.min(below + width, end);
      for (let other = below + 1; other < last; other++) {
        const its = ranks[other]!;
        if (its < least || (its === least && ids[other]! < first)) {
          child = other;
          least = its;
          first = ids[other]!;
        }
      }
      if (least > rank || (least === rank && first > id)) break;
      items[index] = items[child]!;
      ranks[index] = least;
      ids[index] = first;
      index = child;
    }
    items[index] = item;
    ranks[index] = rank;
    ids[index] = id;
  }
}
