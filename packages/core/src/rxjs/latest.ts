import { map, type Observable } from "rxjs";
import type { IterateOptions } from "../bus.js";
import type { BusOf } from "../bus-of.js";
import type { Contract, Data } from "../contract.js";
import { type KeyedEventName, keyedEvents } from "./keyed-events.js";
import type { ObserveOptions } from "./observe.js";
import { type KeptKeys, keyLimits, RecentKeys } from "./recent-keys.js";
import { replayed } from "./replayed.js";

/**
 * The events of a name, of which a subscriber that comes later first gets the newest of each key, the oldest of them
 * first. All subscribers share one listening, which begins with the first and ends with the last of them, and with it
 * what is kept: one event a key.
 *
 * Completes and errors as `stream` does.
 *
 * @throws {MisuseError} when `keys` or `age` is not what it has to be.
 * @example
 * ```ts
 * const positions = latest(bus, "flight.position", { age: 60_000 });
 * positions.subscribe((position) => map.move(position));
 * // later: every flight that has moved within the last minute at once, then each move
 * positions.subscribe((position) => table.update(position));
 * ```
 */
export function latest<C extends Contract, N extends KeyedEventName<C>>(
  bus: BusOf<C>,
  name: N,
  options?: IterateOptions<C, N> & KeptKeys,
): Observable<Data<C, N>>;
export function latest(
  bus: BusOf<Contract>,
  name: string,
  options?: ObserveOptions & KeptKeys,
): Observable<unknown> {
  const recent = new RecentKeys<unknown>(keyLimits(options));
  const source = keyedEvents(bus, name, options).pipe(
    map(({ key, data }) => {
      recent.set(key, data);
      return data;
    }),
  );
  return replayed(source, recent);
}
