import { AbortedError } from "./errors/aborted-error.js";
import { TimeoutError } from "./errors/timeout-error.js";
import type { Runtime } from "./runtime.js";

/** How long a request may take, in milliseconds, unless its caller says otherwise. */
export const defaultTimeout = 10_000;

export interface DeadlineOptions {
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` until it settles, `timeout` milliseconds have passed or `signal` aborts, whichever is first. Unless it
 * was fulfilled the signal given to `work` then aborts, and what it still does no longer matters.
 *
 * @throws {TimeoutError | AbortedError}
 */
export function withDeadline<T>(
  runtime: Runtime,
  name: string,
  { timeout = defaultTimeout, signal }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const give = (reason: TimeoutError | AbortedError) => {
      settle();
      reject(reason);
      controller.abort(reason);
    };
    const abort = () => give(new AbortedError(name, signal?.reason));
    if (signal?.aborted) {
      reject(new AbortedError(name, signal.reason));
      return;
    }
    const cancelTimer =
      timeout === Number.POSITIVE_INFINITY
        ? undefined
        : runtime.timer(() => give(new TimeoutError(name, timeout)), Math.max(0, timeout));
    signal?.addEventListener("abort", abort);
    const settle = () => {
      cancelTimer?.();
      signal?.removeEventListener("abort", abort);
    };
    work(controller.signal).then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
        controller.abort(error);
      },
    );
  });
}
