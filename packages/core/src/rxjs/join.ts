import { map, merge, type Observable } from "rxjs";
import type { IterateOptions } from "../bus.js";
import type { BusOf } from "../bus-of.js";
import type { Contract, Data, KeyOf } from "../contract.js";
import { type KeyedEventName, keyedEvents } from "./keyed-events.js";
import type { ObserveOptions } from "./observe.js";
import { type KeptKeys, keyLimits, RecentKeys } from "./recent-keys.js";
import { replayed } from "./replayed.js";

/** The names of events that are joined, each under what it is called in what comes of it. */
export type Parts<C extends Contract> = { readonly [part: string]: KeyedEventName<C> };

/** What the compiler shows for events whose keys are of different types. */
export interface KeysDiffer<Keys> {
  readonly "see 'key' in the contract": Keys;
}
type SameKey<C extends Contract, P extends Parts<C>> = {
  [Part in keyof P]: [KeyOf<C, P[keyof P]>] extends [KeyOf<C, P[Part]>]
    ? unknown
    : KeysDiffer<KeyOf<C, P[keyof P]>>;
};

type Joined = Readonly<Record<string, unknown>>;

/**
 * The newest events of several names that have the same key, together: given when each of the names has come for a key,
 * and again whenever one of them does. The names' keys must be of one type.
 *
 * Subscribers share one listening to each name, and who comes later first gets what is there, as of `latest`. What is
 * kept is one event a name and key. Completes when the bus closes or the signal aborts; errors when listening to any
 * of the names is refused.
 *
 * @throws {MisuseError} when `keys` or `age` is not what it has to be.
 * @example
 * ```ts
 * join(bus, { departure: "flight.departed", position: "flight.position" }).subscribe(({ departure, position }) =>
 *   table.update(departure.flight, departure.gate, position.altitude),
 * );
 * ```
 */
export function join<C extends Contract, P extends Parts<C>>(
  bus: BusOf<C>,
  parts: P & SameKey<C, P>,
  options?: IterateOptions<C, P[keyof P]> & KeptKeys,
): Observable<{ readonly [Part in keyof P]: Data<C, P[Part]> }>;
export function join(
  bus: BusOf<Contract>,
  parts: Parts<Contract>,
  options?: ObserveOptions & KeptKeys,
): Observable<Joined> {
  const recent = new RecentKeys<Joined>(keyLimits(options));
  const names = Object.entries(parts);
  const source = merge(
    ...names.map(([part, name]) =>
      keyedEvents(bus, name, options).pipe(
        map(({ key, data }) => {
          const joined = { ...recent.get(key), [part]: data };
          recent.set(key, joined);
          return joined;
        }),
      ),
    ),
  );
  return replayed(source, recent, (joined) => Object.keys(joined).length === names.length);
}
