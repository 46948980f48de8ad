/** Does what has its turn. */
export interface TurnTaker<Item> {
  /** @returns a promise where what comes after has to wait; it never rejects. */
  begin(item: Item): Promise<void> | undefined;
}

/**
 * Has what one peer sends done in order: while one thing waits for a decision, what came after it waits for its turn.
 */
export class Turns<Item> {
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #taker: TurnTaker<Item>;
  /** While something is busy. */
  #waiting: { readonly item: Item; readonly bytes: number; readonly count: number }[] | undefined;
  #count = 0;
  #bytes = 0;
  #busy = false;

  constructor(most: number, mostBytes: number, taker: TurnTaker<Item>) {
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#taker = taker;
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
    this.#waiting ??= [];
    this.#waiting.push({ item, bytes, count });
    this.#count += count;
    this.#bytes += bytes;
    return true;
  }

  /** What waits is given up. */
  end(): void {
    this.#waiting = undefined;
    this.#count = 0;
    this.#bytes = 0;
  }

  #next(item: Item): void {
    const begun = this.#taker.begin(item);
    if (!begun) return;
    this.#busy = true;
    void begun.then(() => this.#goOn());
  }

  #goOn(): void {
    this.#busy = false;
    while (!this.#busy) {
      const next = this.#waiting?.shift();
      if (!next) {
        this.#waiting = undefined;
        return;
      }
      this.#count -= next.count;
      this.#bytes -= next.bytes;
      this.#next(next.item);
    }
  }
}
