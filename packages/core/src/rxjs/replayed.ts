import { filter, noop, Observable, share, tap } from "rxjs";
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
    // So that the last of the others may leave during the replay, and takes nothing with it.
    const held = live.subscribe({ error: noop });
    subscriber.add(held);
    // Subscribed to afterwards: what comes during the replay is replayed itself, and so in order.
    for (const value of recent.values()) {
      if (subscriber.closed) return;
      if (isWhole(value)) subscriber.next(value);
    }
    live.subscribe(subscriber);
    held.unsubscribe();
  });
}
