/** Counts what is in a queue, refuses what is too much, and tells when nothing is left. */
export class Bound {
  readonly #limit: number;
  #count = 0;
  #onEmpty: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws when the limit is reached. */
  enter(): void {
    if (this.#count >= this.#limit) throw new RangeError(`The queue is full: ${this.#limit} entries wait.`);
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onEmpty?.();
  }

  /** Resolves when nothing is left. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#count === 0) resolve();
      else this.#onEmpty = resolve;
    });
  }
}
