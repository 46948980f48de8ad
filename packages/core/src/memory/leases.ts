/** What is under lease: found by its token, and over when it was not extended. */
export class Leases<Held> {
  readonly #held = new Map<number, { readonly held: Held; until: number }>();
  #earliest = Number.POSITIVE_INFINITY;

  /** No lease is over before then. */
  get earliest(): number {
    return this.#earliest;
  }

  get(token: number): Held | undefined {
    return this.#held.get(token)?.held;
  }

  set(token: number, held: Held, until: number): void {
    this.#held.set(token, { held, until });
    this.#earliest = Math.min(this.#earliest, until);
  }

  delete(token: number): void {
    this.#held.delete(token);
    if (this.#held.size === 0) this.#earliest = Number.POSITIVE_INFINITY;
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
    return over;
  }
}
