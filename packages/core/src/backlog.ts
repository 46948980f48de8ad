import type { Delivery } from "./definition.js";
import type { EventMessage } from "./message.js";

/** How many events wait for a slow listener. */
export const liveLimit = 256;
/** Of how many keys the newest volatile event waits for a slow listener. */
export const volatileLimit = 10_000;

/**
 * What waits for a slow listener, bounded. Of a volatile event the newest of each key stays; of others all, the oldest
 * going first when there are too many. `missed` counts those that went without a newer one in their place.
 */
export class Backlog {
  // A Map iterates in the order of insertion. The slot of a volatile event is its name and key, of another a count.
  readonly #waiting = new Map<string | number, EventMessage>();
  #count = 0;
  missed = 0;

  put(message: EventMessage, delivery: Delivery): void {
    const conflates = delivery === "volatile";
    const slot = conflates ? `${message.name} ${typeof message.key} ${message.key}` : this.#count++;
    // Deleted first, so that the newer event waits at the end: what stays is in the order of emits.
    const replaced = this.#waiting.delete(slot);
    if (!replaced && this.#waiting.size >= (conflates ? volatileLimit : liveLimit)) {
      this.take();
      this.missed += 1;
    }
    this.#waiting.set(slot, message);
  }

  take(): EventMessage | undefined {
    for (const [slot, message] of this.#waiting) {
      this.#waiting.delete(slot);
      return message;
    }
    return undefined;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
