import { OverflowError } from "./errors/overflow-error.js";

/** How many events may wait at once, unless a bus is told otherwise. */
export const defaultMailboxLimit = 100_000;

/** First in, first out, in amortised constant time. It never drops: past its limit, `put` throws. */
export class Mailbox<Item> {
  readonly #limit: number;
  #items: Item[] = [];
  #head = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** @throws {OverflowError} when it is full. */
  put(item: Item, name: string): void {
    if (this.size >= this.#limit) {
      throw new OverflowError(
        `"${name}" was not emitted: ${this.#limit} events wait already. ` +
          "A listener emits faster than the bus can deliver; emit less, or raise { mailboxLimit }.",
        { name },
      );
    }
    this.#items.push(item);
  }

  take(): Item | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined as Item;
    this.#head += 1;
    if (this.#head === this.#items.length) this.#reset([]);
    else if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length)
      this.#reset(this.#items.slice(this.#head));
    return item;
  }

  #reset(items: Item[]): void {
    this.#items = items;
    this.#head = 0;
  }
}
