/** A timer of a clock that is moved by hand. */
export interface Timer {
  readonly callback: () => void;
  readonly due: number;
  /** Tells timers of one time apart: the one that was set first fires first. */
  readonly order: number;
}

/** Timers in the order in which they fire. */
export class TimerList {
  readonly #timers: Timer[] = [];
  #order = 0;

  get size(): number {
    return this.#timers.length;
  }

  /** The one that fires next. */
  get next(): Timer | undefined {
    return this.#timers[0];
  }

  /** The result takes it out again, if it is still there. */
  add(callback: () => void, due: number): () => void {
    const timer: Timer = { callback, due, order: this.#order++ };
    this.#timers.splice(this.#indexOf(timer), 0, timer);
    return () => {
      const index = this.#indexOf(timer);
      if (this.#timers[index] === timer) this.#timers.splice(index, 1);
    };
  }

  take(): Timer | undefined {
    return this.#timers.shift();
  }

  /** Where a timer is, or would go. */
  #indexOf(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#timers[middle]!, timer)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
