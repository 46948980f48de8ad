/** Ids that are known for a time after they were first seen, each with a value. */
export class KnownIds<Value> {
  readonly #window: number;
  /** A Map iterates in the order of insertion, so its first entry is the oldest. */
  readonly #known = new Map<string, { readonly value: Value; readonly until: number }>();

  /** @param window for how long, in milliseconds. */
  constructor(window: number) {
    this.#window = window;
  }

  get(id: string, now: number): Value | undefined {
    this.#forget(now);
    return this.#known.get(id)?.value;
  }

  add(id: string, value: Value, now: number): void {
    this.#known.delete(id);
    this.#known.set(id, { value, until: now + this.#window });
  }

  #forget(now: number): void {
    for (const [id, { until }] of this.#known) {
      if (until > now) return;
      this.#known.delete(id);
    }
  }
}
