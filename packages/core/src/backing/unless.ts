import { AbortedError } from "@eventwire/queue";

/** The same, unless the signal aborts first. Who waits no longer is not told of a rejection either. */
export function unless<Result>(
  signal: AbortSignal | undefined,
  name: string,
  promise: Promise<Result>,
): Promise<Result> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new AbortedError(name, signal.reason));
    const settle = () => signal.removeEventListener("abort", abort);
    promise.then(resolve, reject).finally(settle);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}
