import { MisuseError } from "@eventwire/queue";
import type { Since } from "../since.js";
import type { Emits } from "./emits.js";
import { type Place, placeOf } from "./place.js";
import type { Store } from "./store.js";

/** Where a listening begins. */
export interface Start {
  readonly place: Place;
  /** Whether nothing can have been trimmed after it yet. */
  readonly fresh: boolean;
}

/**
 * Finds the place that `since` means.
 *
 * Rejects with a `MisuseError` for what is no position, and with what the function of `since` rejects with.
 */
export async function findStart(since: Since | undefined, store: Store, emits: Emits): Promise<Start> {
  // Asked for at once: what this bus emitted before lies before it, what it emits from here on after it.
  if (since === undefined || since === "now") return { place: await emits.now(), fresh: true };
  if (typeof since === "function") return findStart(await since(), store, emits);
  if (since === "start") return { place: await first(store), fresh: false };
  if (since instanceof Date) return { place: await at(since.getTime(), store), fresh: false };
  const place = placeOf(since);
  if (!place) {
    throw new MisuseError(`since must be an offset that a log gave; "${since}" is none.`);
  }
  return { place, fresh: false };
}

function first(store: Store): Promise<Place> {
  return store.persist("tell its epoch", async () => ({ epoch: await store.log.epoch(), number: 0 }));
}

function at(time: number, store: Store): Promise<Place> {
  if (Number.isNaN(time)) throw new MisuseError("since must be a valid date.");
  const { log } = store;
  return store.persist("find a time", async () => {
    const [epoch, number] = await Promise.all([log.epoch(), log.at(time)]);
    return { epoch, number };
  });
}
