import type { EventMessage } from "./message.js";

/** One listener in its place. `call` is replaced when it leaves, so that an emit under way passes it by. */
export interface Listener {
  call: (data: unknown, message: EventMessage) => unknown;
}

/** Up to this many, the array is copied at each leave, so that nobody who left costs an emit anything. */
const small = 16;

/**
 * Listeners in the order they came, who may come and go during an emit: an emit runs over `current` up to the length
 * it began with. Joining appends; leaving silences at once, and makes a new array when half have left, so that both
 * are constant in time on average.
 */
export class Listeners {
  current: Listener[] = [];
  #left = 0;

  get size(): number {
    return this.current.length - this.#left;
  }

  add(listener: Listener): void {
    this.current.push(listener);
  }

  remove(listener: Listener): void {
    listener.call = silent;
    this.#left += 1;
    if (this.current.length > small && this.#left * 2 < this.current.length) return;
    this.current = this.current.filter((other) => other.call !== silent);
    this.#left = 0;
  }
}

function silent(): undefined {
  return undefined;
}
