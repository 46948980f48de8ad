import type { Taker } from "./taker.js";

interface Sleeper {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: unknown): void;
}

const end: IteratorResult<unknown, undefined> = { done: true, value: undefined };

/** A streamed answer, for who asks. Nothing is asked before the first item is, and nothing more once nobody wants more. */
export class ItemIterator implements AsyncIterableIterator<unknown, undefined>, Taker {
  readonly #ask: (items: ItemIterator, signal: AbortSignal) => Promise<unknown>;
  readonly #signal: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #abort = () => this.#controller.abort(this.#signal?.reason);
  #sleepers: Sleeper[] = [];
  #wake: (() => void) | undefined;
  #state: "new" | "asked" | "failed" | "ended" = "new";
  #error: unknown;

  /** @param ask gives the items to the iterator, while it wants them. */
  constructor(
    ask: (items: ItemIterator, signal: AbortSignal) => Promise<unknown>,
    signal: AbortSignal | undefined,
  ) {
    this.#ask = ask;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve, reject) => {
      this.#sleepers.push({ resolve, reject });
      if (this.#state === "new") this.#begin();
      else if (this.#state === "asked") this.#wake?.();
      else this.#settle();
    });
  }

  /** Called by `break` and `return` in a loop: nobody wants more. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#end("ended");
    this.#controller.abort();
    return end;
  }

  begun(): void {
    // It has no time of its own.
  }

  wanted(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#sleepers.length > 0 || this.#state !== "asked") resolve();
    });
  }

  give(item: unknown): void {
    // Who gave up is told so, also where an item was on its way.
    if (!this.#controller.signal.aborted) this.#sleepers.shift()?.resolve({ done: false, value: item });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): void {
    this.#state = "asked";
    if (this.#signal?.aborted) this.#abort();
    else this.#signal?.addEventListener("abort", this.#abort);
    this.#ask(this, this.#controller.signal).then(
      () => this.#end("ended"),
      (error: unknown) => this.#end("failed", error),
    );
  }

  #end(state: "failed" | "ended", error?: unknown): void {
    if (this.#state === "ended") return;
    this.#state = state;
    this.#error = error;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#settle();
    this.#wake?.();
  }

  /** It fails once, and then has ended. */
  #settle(): void {
    for (const { resolve, reject } of this.#sleepers.splice(0)) {
      if (this.#state === "failed") reject(this.#error);
      else resolve(end);
      this.#state = "ended";
    }
  }
}
