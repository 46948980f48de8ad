import type { Delivery } from "./definition.js";
import type { EventMessage } from "./message.js";

/** How many events wait for a slow listener. */
export const liveLimit = 256;
/** Of how many keys the newest volatile event waits for a slow listener. */
export const volatileLimit = 10_000;

interface Waiting {
  readonly order: number;
  readonly message: EventMessage;
}

/** A Map iterates in the order of insertion, so its first entry is the oldest. */
type Queue = Map<string | number, Waiting>;

/**
 * What waits for a slow listener, bounded. Of a volatile event the newest of each key stays; of others all, the oldest
 * going first when there are too many.
 */
export class Backlog {
  readonly #onMissed: (count: number) => void;
  // Apart, so that a flood of volatile events pushes out none of the others.
  readonly #all: Queue = new Map();
  readonly #newest: Queue = new Map();
  #count = 0;
  #missed = 0;

  /** @param onMissed told, when the next is taken, how many went without a newer one in their place. */
  constructor(onMissed: (count: number) => void) {
    this.#onMissed = onMissed;
  }

  put(message: EventMessage, delivery: Delivery): void {
    const order = this.#count++;
    if (delivery === "volatile") {
      const slot = `${message.name} ${typeof message.key} ${message.key}`;
      // Deleted first, so that the newer event waits at the end: what stays is in the order of emits.
      if (!this.#newest.delete(slot)) this.#makeRoom(this.#newest, volatileLimit);
      this.#newest.set(slot, { order, message });
    } else {
      this.#makeRoom(this.#all, liveLimit);
      this.#all.set(order, { order, message });
    }
  }

  take(): EventMessage | undefined {
    const missed = this.#missed;
    this.#missed = 0;
    if (missed > 0) this.#onMissed(missed);
    return takeOldest(oldestOrder(this.#newest) < oldestOrder(this.#all) ? this.#newest : this.#all);
  }

  /** Gives up what waits, and forgets what was missed. */
  clear(): void {
    this.#all.clear();
    this.#newest.clear();
    this.#missed = 0;
  }

  #makeRoom(queue: Queue, limit: number): void {
    if (queue.size < limit) return;
    takeOldest(queue);
    this.#missed += 1;
  }
}

function oldestOrder(queue: Queue): number {
  for (const { order } of queue.values()) return order;
  return Infinity;
}

function takeOldest(queue: Queue): EventMessage | undefined {
  for (const [slot, { message }] of queue) {
    queue.delete(slot);
    return message;
  }
  return undefined;
}
