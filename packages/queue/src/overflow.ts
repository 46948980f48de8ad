import type { Drops } from "./drops.js";
import { MisuseError } from "./errors/misuse-error.js";
import { OverflowError } from "./errors/overflow-error.js";
import type { Offer } from "./offer.js";
import type { Producers } from "./producers.js";

/**
 * What happens to an offer when the queue is full:
 *
 * - `"wait"`: it waits for room; `offer` gives a promise. Those who wait are let in in the order in which they came.
 * - `"reject"`: `offer` throws an `OverflowError`.
 * - `"drop-oldest"`: the entry that was offered first, of those that wait, makes room.
 * - `"drop-newest"`: it is not let in; `offer` returns false.
 * - `"conflate"`: of each key only the newest data waits, full or not: it takes over the place, the priority and the delay
 *   of the entry that waits. A new key, or none, makes the oldest entry go when the queue is full.
 */
export type Overflow = "wait" | "reject" | "drop-oldest" | "drop-newest" | "conflate";

/** Makes room for an offer: true when there is, false when it is refused; a promise when it will be let in later. */
export type MakeRoom<Data> = (offer: Offer<Data>) => boolean | Promise<boolean>;

export interface OverflowOptions<Data> {
  readonly name: string;
  readonly capacity: number;
  readonly drops: Drops<Data>;
  readonly producers: Producers<Data>;
}

/** The policies, apart from what they work on. */
export function makeRoomBy<Data>(policy: Overflow, options: OverflowOptions<Data>): MakeRoom<Data> {
  const { name, capacity, drops, producers } = options;
  switch (policy) {
    case "wait":
      return (offer) => producers.wait(offer);
    case "reject":
      return () => {
        throw new OverflowError(
          `"${name}" is full: ${capacity} entries wait. Take more, offer less, or raise { capacity }.`,
          { name },
        );
      };
    case "drop-newest":
      return (offer) => {
        drops.checkOutside();
        drops.tell({ id: 0, ...offer }, "overflow");
        return false;
      };
    case "drop-oldest":
    case "conflate":
      return () => {
        drops.checkOutside();
        // The oldest goes once this one is in, so that who is told of it finds no room that is not there.
        return true;
      };
    default:
      throw new MisuseError(
        `overflow of "${name}" must be "wait", "reject", "drop-oldest", "drop-newest" or "conflate"; it is "${policy satisfies never}".`,
        { name },
      );
  }
}
