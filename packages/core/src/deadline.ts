import { AbortedError, ClosedError, MisuseError, type Runtime } from "@eventwire/queue";
import { type Abortable, Cancellation } from "./cancellation.js";
import { TimeoutError } from "./errors/timeout-error.js";
import { isThenable } from "./thenable.js";

/** How long a request may take, in milliseconds, unless its caller says otherwise. */
export const defaultTimeout = 10_000;

export interface DeadlineOptions {
  /** In milliseconds, `Infinity` for ever. Default: {@link defaultTimeout}. */
  readonly timeout?: number | undefined;
  readonly signal?: Abortable | undefined;
  /** Tells when the bus ends, until the result is called. */
  readonly onClose?: (end: () => void) => () => void;
}

/**
 * Runs `work` until it settles, `timeout` milliseconds have passed, `signal` aborts or the bus ends, whichever is first.
 * Once `work` calls `begun` its time is not limited any more. Unless it was fulfilled the signal given to `work` then aborts, and what it still does no longer matters.
 *
 * @returns a promise where `work` does: most answers need no time, and so no deadline.
 * @throws {TimeoutError | AbortedError | ClosedError}
 * @throws {MisuseError} when `timeout` is no number of at least 0.
 */
export function within<T>(
  runtime: Pick<Runtime, "timer">,
  name: string,
  { timeout = defaultTimeout, signal, onClose }: DeadlineOptions,
  work: (signal: Cancellation, begun: () => void) => T | Promise<T>,
): T | Promise<T> {
  checkBounds(name, timeout, signal);
  const cancellation = new Cancellation();
  let begun = false;
  let cancelTimer: (() => void) | undefined;
  const begin = () => {
    begun = true;
    cancelTimer?.();
  };
  let result: T | Promise<T>;
  try {
    result = work(cancellation, begin);
  } catch (error) {
    cancellation.abort(error);
    throw error;
  }
  if (!isThenable(result)) return result;
  return new Promise((resolve, reject) => {
    let over = false;
    let forgetClose: (() => void) | undefined;
    const settle = () => {
      over = true;
      cancelTimer?.();
      forgetClose?.();
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: unknown) => {
      if (over) return;
      settle();
      reject(error);
      cancellation.abort(error);
    };
    const abort = () => fail(new AbortedError(name, signal?.reason));
    result.then((value) => {
      if (!over) settle();
      resolve(value as T);
    }, fail);
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener("abort", abort);
    forgetClose = onClose?.(() => fail(new ClosedError(`"${name}" was not answered`, name)));
    if (timeout !== Infinity && !begun && !over) {
      cancelTimer = runtime.timer(() => fail(new TimeoutError(name, timeout)), timeout);
    }
  });
}

/**
 * @throws {MisuseError} when `timeout` is no number of at least 0.
 * @throws {AbortedError} when `signal` has aborted already.
 */
export function checkBounds(name: string, timeout: number, signal: Abortable | undefined): void {
  // Written so that NaN, which a platform's timer takes as none, is refused too.
  if (!(timeout >= 0)) {
    const message = `timeout must be at least 0 milliseconds, or Infinity; it is ${timeout}.`;
    throw new MisuseError(message, { name });
  }
  if (signal?.aborted) throw new AbortedError(name, signal.reason);
}

/** As {@link within}, always as a promise. */
export function withDeadline<T>(...asked: Parameters<typeof within<T>>): Promise<T> {
  return promised(() => within(...asked));
}

/** What `work` gives or throws, as a promise: the same one where it gives one, since each more is a wait. */
export function promised<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    const result = work();
    return result instanceof Promise ? result : Promise.resolve(result);
  } catch (error) {
    return Promise.reject(error);
  }
}
