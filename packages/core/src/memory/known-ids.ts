interface Known<Value> {
  readonly id: string;
  value: Value;
  readonly until: number;
  next: Known<Value> | undefined;
}

/** Ids that are known for a time after they were first seen, each with a value. */
export class KnownIds<Value> {
  readonly #window: number;
  readonly #known = new Map<string, Known<Value>>();
  /** In the order in which they came: a Map of which the first is taken again and again is slow to tell what is first then. */
  #first: Known<Value> | undefined;
  #last: Known<Value> | undefined;

  /** @param window for how long, in milliseconds. */
  constructor(window: number) {
    this.#window = window;
  }

  get(id: string, now: number): Value | undefined {
    this.#forget(now);
    return this.#known.get(id)?.value;
  }

  add(id: string, value: Value, now: number): void {
    const known: Known<Value> = { id, value, until: now + this.#window, next: undefined };
    this.#known.set(id, known);
    if (this.#last) this.#last.next = known;
    else this.#first = known;
    this.#last = known;
  }

  /** Changes what is known with an id, where it is, and not for how long. */
  mark(id: string, value: Value): void {
    const known = this.#known.get(id);
    if (known) known.value = value;
  }

  #forget(now: number): void {
    for (; this.#first && this.#first.until <= now; this.#first = this.#first.next) {
      const { id } = this.#first;
      // It may have been seen again since.
      if (this.#known.get(id) === this.#first) this.#known.delete(id);
    }
    if (!this.#first) this.#last = undefined;
  }
}
