/** Ends what it was given for: call it, or declare it with `using`. A second call does nothing. */
export interface Disposer extends Disposable {
  (): void;
}

// Older browsers lack the symbol; a declared `using` is then compiled to the same fallback.
const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** Makes a disposer that runs `end` once, when it is called or when `signal` aborts. */
export function disposer(end: () => void, signal?: AbortSignal): Disposer {
  let ended = false;
  const dispose = () => {
    if (ended) return;
    ended = true;
    signal?.removeEventListener("abort", dispose);
    end();
  };
  const result = Object.defineProperty(dispose, disposeSymbol, { value: dispose }) as unknown as Disposer;
  if (signal?.aborted) dispose();
  else signal?.addEventListener("abort", dispose);
  return result;
}
