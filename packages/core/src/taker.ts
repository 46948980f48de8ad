import { MisuseError } from "@eventwire/queue";

/** Who takes the items of a streamed answer, at its own pace. */
export interface Taker {
  /** How many items may be on their way at once, or wait until they are wanted, up to 256. Default 16. */
  readonly window?: number;
  /** The answer has begun: from now on it takes as long as it takes. */
  begun(): void;
  /** Resolves when another item is wanted, and when none will be: look at the signal then. `undefined` where it is wanted now. */
  wanted(): Promise<void> | undefined;
  give(item: unknown): void;
}

/** What a streamed answer consists of, of which some is there at once and some is waited for. */
export interface Items<Item> {
  next(): IteratorResult<Item, undefined> | Promise<IteratorResult<Item, undefined>>;
  /** Nobody wants more. Ends a `next` that is under way. */
  return(): IteratorResult<Item, undefined>;
  [Symbol.iterator](): Items<Item>;
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
      const waits = taker.wanted();
      if (waits) await waits;
      signal.throwIfAborted();
      open = false;
      // What is there at once is given at once, so that it crosses a link together.
      const next = iterator.next();
      const { done, value } = "then" in next ? await next : next;
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

function iteratorOf(answer: unknown): AsyncIterator<unknown> | Iterator<unknown> | Items<unknown> {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = Object(answer) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  const iterator = asynchronous?.call(answer as never) ?? synchronous?.call(answer as never);
  if (iterator) return iterator;
  throw new MisuseError("A handler of a streamed request has to return what can be iterated.");
}
