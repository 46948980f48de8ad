/** What is under lease: found by its token until it is taken over, once it was not extended in time. */
export class Leases<Held> {
  readonly #held = new Map<number, { readonly held: Held; until: number }>();
  /** No lease is over before then. */
  #earliest = Number.POSITIVE_INFINITY;
  #untold = Number.POSITIVE_INFINITY;

  /** No lease is over before then that was not told of. */
  get untold(): number {
    return this.#untold;
  }

  get(token: number): Held | undefined {
    return this.#held.get(token)?.held;
  }

  set(token: number, held: Held, until: number): void {
    this.#held.set(token, { held, until });
    this.#earliest = Math.min(this.#earliest, until);
    this.#untold = Math.min(this.#untold, until);
  }

  delete(token: number): void {
    this.#held.delete(token);
    if (this.#held.size > 0) return;
    this.#earliest = Number.POSITIVE_INFINITY;
    this.#untold = Number.POSITIVE_INFINITY;
  }

  /** Counts those that are over by now as told of. @returns whether there are any. */
  tell(now: number): boolean {
    const ends = [...this.#held.values()].map(({ until }) => until);
    this.#untold = ends.reduce(
      (next, end) => (end > now ? Math.min(next, end) : next),
      Number.POSITIVE_INFINITY,
    );
    return ends.some((end) => end <= now);
  }

  /** Takes out what is over. */
  takeOver(now: number): readonly Held[] {
    if (now < this.#earliest) return [];
    const over: Held[] = [];
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const [token, { held, until }] of this.#held) {
      if (until <= now) {
        this.#held.delete(token);
        over.push(held);
      } else {
        this.#earliest = Math.min(this.#earliest, until);
      }
    }
    this.#untold = this.#earliest;
    return over;
  }
}
