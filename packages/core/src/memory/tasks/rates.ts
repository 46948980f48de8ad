/** So many in so many milliseconds. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/**
 * Token buckets, one a slot, whose size may differ from one claim to the next. Of each is kept when its next token would be
 * spent if all were spent evenly: the generic cell rate algorithm (ITU-T I.371, annex A).
 */
export class Rates<Slot> {
  readonly #expected = new Map<Slot, number>();
  #sweepAt = 1_024;

  /** When there is a token, on the clock of `spend`. */
  readyAt(slot: Slot, { count, per }: Rate): number {
    const expected = this.#expected.get(slot);
    return expected === undefined ? Number.NEGATIVE_INFINITY : expected - (per - per / count);
  }

  spend(slot: Slot, { count, per }: Rate, now: number): void {
    this.#expected.set(slot, Math.max(this.#expected.get(slot) ?? now, now) + per / count);
    if (this.#expected.size >= this.#sweepAt) this.#sweep(now);
  }

  /** A bucket that is full is as one that was never used. */
  #sweep(now: number): void {
    for (const [slot, expected] of this.#expected) if (expected <= now) this.#expected.delete(slot);
    this.#sweepAt = Math.max(1_024, 2 * this.#expected.size);
  }
}
