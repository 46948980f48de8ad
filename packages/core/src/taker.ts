import { MisuseError } from "@eventwire/queue";

/** Who takes the items of a streamed answer, at its own pace. */
export interface Taker {
  /** The answer has begun: from now on it takes as long as it takes. */
  begun(): void;
  /** Resolves when another item is wanted, and when none will be: look at the signal then. */
  wanted(): Promise<void>;
  give(item: unknown): void;
}

/**
 * Gives `taker` what an answer consists of, and asks for no item that is not wanted. Once the signal aborts the answer is
 * told to end, also while it makes an item.
 *
 * @throws what the answer fails with, and the signal's reason.
 */
export async function pour(answer: unknown, signal: AbortSignal, taker: Taker): Promise<void> {
  const iterator = iteratorOf(await answer);
  let closing: Promise<unknown> | undefined;
  const close = () => {
    closing ??= (async () => iterator.return?.())();
    // It is awaited below, once the item is made that is being made.
    closing.catch(() => undefined);
  };
  signal.addEventListener("abort", close);
  // What has ended by itself is not told to.
  let open = true;
  try {
    taker.begun();
    for (;;) {
      await taker.wanted();
      signal.throwIfAborted();
      open = false;
      const { done, value } = await iterator.next();
      if (done) return;
      open = true;
      signal.throwIfAborted();
      taker.give(value);
    }
  } finally {
    signal.removeEventListener("abort", close);
    if (open) close();
    await closing;
  }
}

function iteratorOf(answer: unknown): AsyncIterator<unknown> | Iterator<unknown> {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = Object(answer) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  const iterator = asynchronous?.call(answer as never) ?? synchronous?.call(answer as never);
  if (iterator) return iterator;
  throw new MisuseError("A handler of a streamed request has to return what can be iterated.");
}
