import type { EventMessage } from "./message.js";

export type Listener = (data: unknown, message: EventMessage) => unknown;

/** Up to this many, the array is copied at each leave, so that nobody who left costs an emit anything. */
const small = 16;

/**
 * Listeners in the order they came, who may come and go during an emit: an emit runs over `current` up to the length
 * it began with. Joining appends; leaving silences at once, and makes a new array when half have left, so that both
 * are constant in time on average, but for the search.
 */
export class Listeners {
  current: Listener[] = [];
  /** What `add` returned for each of `current`. It rises, so that who leaves is found by halving. */
  #places: number[] = [];
  #next = 0;
  #left = 0;

  get size(): number {
    return this.current.length - this.#left;
  }

  /** @returns what `remove` takes: 0 for the first. */
  add(listener: Listener): number {
    this.current.push(listener);
    this.#places.push(this.#next);
    return this.#next++;
  }

  /** Puts a listener in the places of another one. Who has left in its own call stays silent, and goes. */
  replace(listener: Listener, by: Listener): void {
    if (listener === silent) return;
    const { current } = this;
    for (let at = current.indexOf(listener); at >= 0; at = current.indexOf(listener, at + 1))
      current[at] = by;
  }

  /** Silences at once. Call `tidy` when no emit is under way. */
  remove(place: number): void {
    this.current[indexOf(place, this.#places)] = silent;
    this.#left += 1;
  }

  /** Gives the places of those who left to those who stay. */
  tidy(): void {
    if (this.current.length > small && this.#left * 2 < this.current.length) return;
    this.#places = this.#places.filter((_, index) => this.current[index] !== silent);
    this.current = this.current.filter((listener) => listener !== silent);
    this.#left = 0;
  }
}

function silent(): undefined {
  return undefined;
}

function indexOf(place: number, places: readonly number[]): number {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
