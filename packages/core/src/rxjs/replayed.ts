import { filter, Observable, share, tap } from "rxjs";
import type { RecentKeys } from "./recent-keys.js";

/**
 * Shares a source, which writes what it gives into `recent`, among its subscribers: each gets what is there first. It is
 * emptied when nobody subscribes any more, for what happens then is not seen.
 *
 * @param isWhole whether a value is given to anybody. Default: every one is.
 */
export function replayed<T>(
  source: Observable<T>,
  recent: RecentKeys<T>,
  isWhole: (value: T) => boolean = () => true,
): Observable<T> {
  const clear = () => recent.clear();
  const live = source.pipe(
    tap({ complete: clear, error: clear, unsubscribe: clear }),
    filter(isWhole),
    share(),
  );
  return new Observable((subscriber) => {
    // Subscribed to afterwards: what comes during the replay is replayed itself, and so in order.
    for (const value of recent.values()) {
      if (subscriber.closed) return undefined;
      if (isWhole(value)) subscriber.next(value);
    }
    return live.subscribe(subscriber);
  });
}
