/**
 * Ends a listening, a handling or a watching: call it, or declare it with `using`. A second call does nothing.
 * After it returns, the listener is not called again.
 */
export interface Subscription extends Disposable {
  (): void;
  /**
   * Resolves when it is in force everywhere; rejects when it is refused. On a bus of one process that is at once.
   * A refusal that nobody awaits is reported to `onError`, unless it is the end of the bus (`ClosedError`).
   */
  readonly ready: Promise<void>;
}

// Older browsers lack the symbol; a declared `using` is then compiled to the same fallback.
const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const atOnce = Promise.resolve();

/**
 * Makes a subscription that runs `end` once, when it is called or when `signal` aborts.
 *
 * @param ready resolves when it is in force. Default: at once.
 * @param refused gets the reason when `ready` rejects and nobody looked at it.
 */
export function subscription(
  end: () => void,
  signal: AbortSignal | undefined,
  ready: Promise<void> = atOnce,
  refused?: (reason: unknown) => void,
): Subscription {
  let ended = false;
  const stop = () => {
    if (ended) return;
    ended = true;
    signal?.removeEventListener("abort", stop);
    end();
  };
  // Assigned and not defined: to define a property takes longer than to listen.
  stop.ready = ready;
  stop[disposeSymbol] = stop;
  if (ready !== atOnce) {
    let awaited = false;
    Object.defineProperty(stop, "ready", {
      get: () => {
        awaited = true;
        return ready;
      },
    });
    ready.catch((reason: unknown) => {
      if (!awaited && !ended) refused?.(reason);
    });
  }
  if (signal?.aborted) stop();
  else signal?.addEventListener("abort", stop);
  return stop;
}
