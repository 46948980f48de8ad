import { defer, Observable, type ObservableInput, type Subscriber, Subscription } from "rxjs";
import { checkCount } from "./amount.js";
import type { Entry } from "./entry.js";
import type { Queue } from "./queue.js";

export interface StreamOptions {
  /** How many entries are worked on at once, from 1. Default 1. */
  readonly concurrency?: number | undefined;
  /** Completes the stream when it aborts; what is under way goes on to its end. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a queue as an Observable of their data. Each goes to one subscriber of all that there are, or another
 * consumer of the queue, and is done when it is given out. Completes when the queue is closed or the signal aborts.
 *
 * @example
 * ```ts
 * stream(readings)
 *   .pipe(bufferTime(1_000))
 *   .subscribe((batch) => chart.add(batch));
 * ```
 */
export function stream<Data>(queue: Queue<Data>, options?: Pick<StreamOptions, "signal">): Observable<Data>;
/**
 * What comes of working on the entries of a queue, as an Observable. `work` gives an Observable, a promise or an iterable for
 * each; the next one is begun when one of those under way completes, so that a slow one slows the stream and nothing else.
 * The entry is done when it completes, and its attempt has failed when it errors, which does not end the stream.
 * Unsubscribing ends those under way, and gives their entries back.
 *
 * @throws {MisuseError} when concurrency is no whole number from 1; `Infinity` is one.
 * @example
 * ```ts
 * stream(orders, (order) => ajax.post("/orders", order), { concurrency: 4 }).subscribe((reply) => show(reply));
 * ```
 */
export function stream<Data, Result>(
  queue: Queue<Data>,
  work: (data: Data, entry: Entry<Data>) => ObservableInput<Result>,
  options?: StreamOptions,
): Observable<Result>;
export function stream<Data>(
  queue: Queue<Data>,
  second?: ((data: Data, entry: Entry<Data>) => ObservableInput<unknown>) | StreamOptions,
  third?: StreamOptions,
): Observable<unknown> {
  const work = typeof second === "function" ? second : undefined;
  const { concurrency = 1, signal } = (typeof second === "function" ? third : second) ?? {};
  checkCount(1, concurrency, "concurrency", "stream");
  return new Observable((subscriber) => {
    const controller = new AbortController();
    const end = () => controller.abort();
    subscriber.add(() => {
      signal?.removeEventListener("abort", end);
      end();
    });
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
    let loops = 0;
    let busy = 0;
    const loop = async () => {
      loops += 1;
      for await (const entry of queue.entries({ signal: controller.signal })) {
        if (subscriber.closed) {
          // It was on its way here when the subscriber left.
          entry.release();
        } else if (work === undefined) {
          entry.done();
          subscriber.next(entry.data);
        } else {
          busy += 1;
          // One more loop waits for the next entry, as long as there may be.
          if (busy === loops && loops < concurrency) void loop();
          await workOn(entry, work, subscriber);
          busy -= 1;
        }
      }
      loops -= 1;
      if (loops === 0) subscriber.complete();
    };
    void loop();
  });
}

/** Resolves when the entry is settled. */
function workOn<Data>(
  entry: Entry<Data>,
  work: (data: Data, entry: Entry<Data>) => ObservableInput<unknown>,
  subscriber: Subscriber<unknown>,
): Promise<void> {
  return new Promise((resolve) => {
    const underWay = new Subscription(() => {
      // Without effect unless it ended before the work did.
      entry.release();
      resolve();
    });
    subscriber.add(underWay);
    entry.signal.addEventListener("abort", () => underWay.unsubscribe(), { once: true });
    const settle = (how: () => void) => {
      how();
      underWay.unsubscribe();
    };
    underWay.add(
      defer(() => work(entry.data, entry)).subscribe({
        next: (value) => subscriber.next(value),
        error: (error: unknown) => settle(() => entry.fail(error)),
        complete: () => settle(() => entry.done()),
      }),
    );
  });
}
