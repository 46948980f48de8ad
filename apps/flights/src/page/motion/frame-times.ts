/** How long the last frames took, in milliseconds from one to the next; kept so that smoothness can be measured. */
export class FrameTimes {
  readonly #times: number[] = [];
  readonly #limit: number;

  constructor(limit = 1_200) {
    this.#limit = limit;
  }

  add(milliseconds: number): void {
    this.#times.push(milliseconds);
    if (this.#times.length > this.#limit) this.#times.shift();
  }

  /** The recorded times, the oldest first. */
  read(): readonly number[] {
    return [...this.#times];
  }

  clear(): void {
    this.#times.length = 0;
  }
}
