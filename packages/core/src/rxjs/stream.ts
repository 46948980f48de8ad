import type { Observable } from "rxjs";
import type { IterateOptions } from "../bus.js";
import type { BusOf } from "../bus-of.js";
import type { Contract, Data, EventName } from "../contract.js";
import type { MessagesByPattern } from "../message.js";
import type { Pattern } from "../pattern.js";
import { type ObserveOptions, observe } from "./observe.js";

/**
 * The events of a name as an Observable of their data, or of a pattern as an Observable of messages. Subscribing
 * listens, unsubscribing stops. Completes when the bus closes or the signal aborts; errors when listening is refused.
 *
 * @example
 * ```ts
 * stream(bus, "flight.departed")
 *   .pipe(bufferTime(1_000))
 *   .subscribe((departures) => chart.add(departures));
 * ```
 */
export function stream<C extends Contract, N extends EventName<C>>(
  bus: BusOf<C>,
  name: N,
  options?: IterateOptions<C, N>,
): Observable<Data<C, N>>;
export function stream<C extends Contract, P extends Pattern<EventName<C>>>(
  bus: BusOf<C>,
  pattern: P,
  options?: IterateOptions<C, P>,
): Observable<MessagesByPattern<C>[P]>;
export function stream(bus: BusOf<Contract>, pattern: string, options?: ObserveOptions): Observable<unknown> {
  return observe(bus, pattern, options, (data) => data);
}
