import { OverflowError } from "@eventwire/queue";

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

  /**
   * @param share how much of the limit this item may find taken, from 0 to 1.
   * @throws {OverflowError} when that is taken.
   */
  put(item: Item, name: string, share = 1): void {
    const limit = this.#limit * share;
    if (this.size >= limit) {
      throw new OverflowError(
        `"${name}" was not emitted: ${limit} events wait already. Emit less in listeners, or raise { mailboxLimit }.`,
        { name },
      );
    }
    this.#items.push(item);
  }

  take(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined as Item;
    this.#head += 1;
    // Copied when half is taken, so that each item is copied once on average.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
