/**
 * Has what one peer sends done in order: while one thing waits for a decision, what came after it waits for its turn.
 */
export class Turns<Item> {
  readonly #most: number;
  readonly #mostBytes: number;
  /** Begins with an item; a promise where it has to wait, which never rejects. */
  readonly #begin: (item: Item) => Promise<void> | undefined;
  #waiting: { readonly item: Item; readonly bytes: number; readonly count: number }[] = [];
  #count = 0;
  #bytes = 0;
  #busy = false;

  constructor(most: number, mostBytes: number, begin: (item: Item) => Promise<void> | undefined) {
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#begin = begin;
  }

  /**
   * @param count how many it counts as.
   * @returns whether it was taken: false where too much waits.
   */
  take(item: Item, bytes: number, count = 1): boolean {
    if (!this.#busy) {
      this.#next(item);
      return true;
    }
    // A run alone may be more, and one that is large may be the last.
    if (this.#count + count > Math.max(this.#most, count) || this.#bytes >= this.#mostBytes) return false;
    this.#waiting.push({ item, bytes, count });
    this.#count += count;
    this.#bytes += bytes;
    return true;
  }

  /** What waits is given up. */
  end(): void {
    this.#waiting = [];
    this.#count = 0;
    this.#bytes = 0;
  }

  #next(item: Item): void {
    const begun = this.#begin(item);
    if (!begun) return;
    this.#busy = true;
    void begun.then(() => this.#goOn());
  }

  #goOn(): void {
    this.#busy = false;
    while (!this.#busy) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#count -= next.count;
      this.#bytes -= next.bytes;
      this.#next(next.item);
    }
  }
}
