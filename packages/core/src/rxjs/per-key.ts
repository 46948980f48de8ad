import { debounceTime, mergeMap, Observable, type ObservableInput, Subject } from "rxjs";
import type { IterateOptions } from "../bus.js";
import type { BusOf } from "../bus-of.js";
import type { Contract, Data, KeyOf } from "../contract.js";
import type { Key } from "../key.js";
import { type KeyedEvent, type KeyedEventName, keyedEvents } from "./keyed-events.js";
import type { ObserveOptions } from "./observe.js";
import { type KeptKeys, type KeyLimits, keyLimits } from "./recent-keys.js";

/**
 * Windows, and whatever else operators do, apart for each key: `project` gets the events of one key as an Observable,
 * at the key's first event, and what comes of it is merged. Any operator of RxJS is a `project`.
 *
 * The Observable of a key completes, so that its operators give what they hold, when the key has had no event for `age`,
 * when it has to make room because more than `keys` keys are open, and when all does. The key's next event begins
 * another. Listens once for each subscription; completes when the bus closes or the signal aborts, and errors when
 * listening is refused or a `project` does.
 *
 * @throws {MisuseError} when `keys` or `age` is not what it has to be.
 * @example
 * ```ts
 * perKey(bus, "flight.position", bufferTime(1_000), { age: 60_000 }).subscribe((second) => track.extend(second));
 * perKey(bus, "flight.position", throttleTime(1_000)).subscribe((position) => map.move(position));
 * ```
 */
export function perKey<C extends Contract, N extends KeyedEventName<C>, R>(
  bus: BusOf<C>,
  name: N,
  project: (events: Observable<Data<C, N>>, key: KeyOf<C, N>) => ObservableInput<R>,
  options?: IterateOptions<C, N> & KeptKeys,
): Observable<R>;
export function perKey(
  bus: BusOf<Contract>,
  name: string,
  project: (events: Observable<never>, key: never) => ObservableInput<unknown>,
  options?: ObserveOptions & KeptKeys,
): Observable<unknown> {
  const limits = keyLimits(options);
  return groups(keyedEvents(bus, name, options), limits).pipe(
    mergeMap(({ key, events }) => project(events as Observable<never>, key as never)),
  );
}

interface Group {
  readonly key: Key;
  readonly events: Observable<unknown>;
}

/** The longest delay that timers take, 25 days; a longer one would fire at once. */
const longestDelay = 2 ** 31 - 1;

/** As `groupBy`, which knows no bounds, and loses what a key gets while its Observable completes. */
function groups(
  source: Observable<KeyedEvent<unknown>>,
  { keys, age, scheduler }: KeyLimits,
): Observable<Group> {
  return new Observable((subscriber) => {
    /** The one whose last event is the oldest comes first. */
    const open = new Map<Key, Subject<unknown>>();
    const end = (key: Key) => {
      const events = open.get(key);
      open.delete(key);
      events?.complete();
    };
    const begin = (key: Key) => {
      if (open.size >= keys) end(open.keys().next().value!);
      const events = new Subject<unknown>();
      if (age < Number.POSITIVE_INFINITY) {
        const quiet = events.pipe(debounceTime(Math.min(age, longestDelay), scheduler));
        subscriber.add(quiet.subscribe(() => end(key)));
      }
      subscriber.next({ key, events });
      return events;
    };
    return source.subscribe({
      next({ key, data }) {
        const events = open.get(key) ?? begin(key);
        open.delete(key);
        open.set(key, events);
        events.next(data);
      },
      error: (error) => subscriber.error(error),
      complete() {
        for (const key of [...open.keys()]) end(key);
        subscriber.complete();
      },
    });
  });
}
