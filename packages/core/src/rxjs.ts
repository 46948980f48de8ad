import { Observable } from "rxjs";
import { attach } from "./attach.js";
import type { IterateOptions, Listening } from "./bus.js";
import type { Contract, Data, EventName } from "./contract.js";
import type { MessagesByPattern } from "./message.js";
import { isPattern, type Pattern } from "./pattern.js";

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
  bus: Listening<C>,
  name: N,
  options?: IterateOptions<C, N>,
): Observable<Data<C, N>>;
export function stream<C extends Contract, P extends Pattern<EventName<C>>>(
  bus: Listening<C>,
  pattern: P,
  options?: IterateOptions<C, P>,
): Observable<MessagesByPattern<C>[P]>;
export function stream(
  bus: Listening<Contract>,
  pattern: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Observable<unknown> {
  return new Observable((subscriber) => {
    const core = attach(bus);
    const complete = () => subscriber.complete();
    if (core.closed || options.signal?.aborted) {
      complete();
      return undefined;
    }
    const next = (value: unknown) => subscriber.next(value);
    const stop = isPattern(pattern)
      ? bus.on(pattern as "*", next, options as never)
      : bus.on(pattern as never, next as never, options as never);
    stop.ready.catch((error: unknown) => subscriber.error(error));
    const forgetClose = core.onClose(complete);
    options.signal?.addEventListener("abort", complete);
    return () => {
      stop();
      forgetClose();
      options.signal?.removeEventListener("abort", complete);
    };
  });
}
