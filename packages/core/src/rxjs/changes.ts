import { AbortedError, ClosedError } from "@eventwire/queue";
import { Observable } from "rxjs";
import type { Projection, ProjectionChange } from "../project/projection.js";

/**
 * What a projection holds, or what is watched of one elsewhere, and what becomes of it: first a snapshot of all its states, once it is ready, then each change in
 * order. Where it is made anew, after a gap, another snapshot follows. Completes when the projection ends, and errors when it
 * cannot be ready.
 *
 * @example
 * ```ts
 * changes(board).subscribe((change) => {
 *   if (change.type === "snapshot") table.fill(change.entries);
 *   else table.update(change.key, change.value);
 * });
 * ```
 */
export function changes<K, State>(
  projection: Pick<Projection<K, State>, "ready" | "ended" | "entries" | "on">,
): Observable<ProjectionChange<K, State>> {
  return new Observable((subscriber) => {
    let begun = false;
    const stop = projection.on((change) => {
      if (begun) subscriber.next(change);
    });
    const begin = () => {
      begun = true;
      subscriber.next({ type: "snapshot", entries: [...projection.entries()] });
      return projection.ended;
    };
    const complete = () => subscriber.complete();
    const failed = (error: unknown) => {
      if (error instanceof AbortedError || error instanceof ClosedError) complete();
      else subscriber.error(error);
    };
    projection.ready.then(begin).then(complete, failed);
    return stop;
  });
}
