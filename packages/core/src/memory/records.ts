import type { LogRecord } from "../broker.js";

/** A record, with what finding it by shard or time needs. */
export interface Kept {
  readonly record: LogRecord;
  readonly shard: number;
  /** As an append's. */
  readonly about: string | undefined;
  /** When it was appended, in milliseconds since the Unix epoch; never less than that of a record before it. */
  readonly appendedAt: number;
}

/** Records in the order of their offsets, which go from the front, in constant time on average. */
export class Records {
  #items: Kept[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get(index: number): Kept | undefined {
    return this.#items[this.#head + index];
  }

  push(kept: Kept): void {
    this.#items.push(kept);
  }

  shift(): Kept | undefined {
    if (this.size === 0) return undefined;
    const kept = this.#items[this.#head];
    this.#head += 1;
    // Copied when half has gone, so that each is copied once on average.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return kept;
  }

  /** Takes out those that `goes` tells. */
  drop(goes: (kept: Kept) => boolean): readonly Kept[] {
    const dropped: Kept[] = [];
    this.#items = this.#items.slice(this.#head).filter((kept) => {
      if (!goes(kept)) return true;
      dropped.push(kept);
      return false;
    });
    this.#head = 0;
    return dropped;
  }

  *[Symbol.iterator](): IterableIterator<Kept> {
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index]!;
  }

  /** The index of the first that is not `before`, where all that are come first. */
  firstNot(before: (kept: Kept) => boolean): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.get(middle)!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
