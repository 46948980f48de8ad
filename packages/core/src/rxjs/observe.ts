import { Observable } from "rxjs";
import { attach } from "../attach.js";
import type { IterateOptions, Listening } from "../bus.js";
import type { BusOf } from "../bus-of.js";
import type { Contract } from "../contract.js";
import type { Key } from "../key.js";
import type { Context } from "../message.js";

export type ObserveOptions = IterateOptions<Contract, string>;

/**
 * What a bus gives a listener of a name or pattern, as an Observable of what `pick` makes of it. Every subscription
 * listens on its own.
 */
export function observe<T>(
  bus: BusOf<Contract>,
  pattern: string,
  options: ObserveOptions | undefined,
  pick: (data: unknown, context: Context<string, Key>) => T,
): Observable<T> {
  return new Observable((subscriber) => {
    const listening = bus as Listening<Contract>;
    const core = attach(listening);
    const signal = options?.signal;
    const complete = () => subscriber.complete();
    if (core.closed || signal?.aborted) {
      complete();
      return undefined;
    }
    const next = (data: unknown, context: unknown) =>
      subscriber.next(pick(data, context as Context<string, Key>));
    const stop = listening.on(pattern as never, next as never, options as never);
    stop.ready.catch((error: unknown) => subscriber.error(error));
    const forgetClose = core.onClose(complete);
    signal?.addEventListener("abort", complete);
    return () => {
      stop();
      forgetClose();
      signal?.removeEventListener("abort", complete);
    };
  });
}
