import { ClosedError } from "@eventwire/queue";
import type { Follow, Following, Sink } from "./feed.js";
import type { StoredMessage } from "./stored-message.js";
import type { Wish } from "./wish.js";

/** How many messages are read ahead. */
const capacity = 256;

/** Durable events for who asks for them: read from the log at that pace, so that nothing has to be let go. */
export class DurableIterator implements AsyncIterableIterator<unknown, undefined>, Sink {
  readonly #wish: Wish;
  readonly #report: (error: unknown) => void;
  readonly #onEnd: () => void;
  #feed: Following | undefined;
  #messages: StoredMessage[] = [];
  #sleepers: ((message?: StoredMessage) => void)[] = [];
  #ended = false;
  #failure: unknown;

  /** @param onEnd called once, when it has ended in whatever way. */
  constructor(report: (error: unknown) => void, wish: Wish, follow: Follow, onEnd: () => void) {
    this.#wish = wish;
    this.#report = report;
    this.#onEnd = onEnd;
    follow(this).then(
      (feed) => {
        this.#feed = feed;
        if (this.#ended) feed.stop();
        else feed.resume();
      },
      (error: unknown) => this.failed(error),
    );
  }

  get room(): number {
    return capacity - this.#messages.length;
  }

  get stopped(): boolean {
    return this.#ended;
  }

  put(message: StoredMessage): void {
    if (message.flaw) {
      this.#report(message.flaw);
      return;
    }
    const wake = this.#sleepers.shift();
    if (wake) wake(message);
    else this.#messages.push(message);
  }

  gap(...gap: Parameters<Wish["gap"]>): void {
    this.#wish.gap(...gap);
  }

  failed(error: unknown): void {
    this.end(error instanceof ClosedError ? undefined : error);
  }

  /** Ends it once what was read has been taken; with a failure, by throwing that once. */
  end(failure?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#feed?.stop();
    this.#onEnd();
    for (const wake of this.#sleepers.splice(0)) wake();
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const message = this.#messages.shift() ?? (this.#ended ? undefined : await this.#coming());
    if (this.room >= capacity / 2) this.#feed?.resume();
    if (message) return { done: false, value: message.data };
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    return { done: true, value: undefined };
  }

  /** Called by `break` and `return` in a loop: what was read is given up. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.end();
    this.#messages = [];
    this.#failure = undefined;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #coming(): Promise<StoredMessage | undefined> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }
}
