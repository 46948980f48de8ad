import { Observable } from "rxjs";
import type { Connection } from "./connection.js";
import type { Status } from "./status.js";

/**
 * The status of a connection as an Observable: the current one at once, then each change. Completes after `closed`.
 *
 * @example
 * ```ts
 * statuses(bus.connection).subscribe(({ state, reason }) => banner.show(state, reason?.message));
 * ```
 */
export function statuses(connection: Connection): Observable<Status> {
  return new Observable((subscriber) => {
    const stop = connection.watch((status) => {
      subscriber.next(status);
      if (status.state === "closed") subscriber.complete();
    });
    return () => stop();
  });
}
