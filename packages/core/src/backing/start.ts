import { MisuseError } from "@eventwire/queue";
import type { Position, Since } from "../since.js";
import { checkOffset } from "./answers.js";
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
  if (typeof since === "function") return findStart(await foundSince(since), store, emits);
  if (since === "start") return { place: await first(store), fresh: false };
  if (since instanceof Date) return { place: await findPlace(since, store), fresh: false };
  const place = typeof since === "string" ? placeOf(since) : undefined;
  if (!place) throw new MisuseError(`since must be an offset that a log gave; ${show(since)} is none.`);
  return { place, fresh: false };
}

/**
 * What a function of `since` finds.
 *
 * @throws {MisuseError} when it finds nothing: that may not mean "now", or all before would be missed in silence.
 */
export async function foundSince(find: () => Position | Promise<Position>): Promise<Position> {
  const position: unknown = await find();
  if (position === undefined || typeof position === "function") {
    throw new MisuseError(
      `The function of since found ${show(position)}; it must find a position, such as "start".`,
    );
  }
  return position as Position;
}

function show(value: unknown): string {
  return typeof value === "string"
    ? `"${value}"`
    : `a value of type ${value === null ? "null" : typeof value}`;
}

function first(store: Store): Promise<Place> {
  return store.insist("tell its epoch", async () => ({ epoch: await store.log.epoch(), number: 0 }));
}

/** The place after which all comes that was emitted from a time on. */
export function findPlace(date: Date, store: Store): Promise<Place> {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new MisuseError("since must be a valid date.");
  const { log } = store;
  return store.insist("find a time", async () => {
    const epoch = await log.epoch();
    return { epoch, number: checkOffset(await log.at(time)) };
  });
}
