import type { Backlog } from "./backlog.js";
import type { Delivery } from "./definition.js";
import type { EventMessage } from "./message.js";

/** Turns events that come by themselves into ones that are asked for, with a bounded backlog between. */
export class EventIterator implements AsyncIterableIterator<unknown, undefined> {
  readonly #backlog: Backlog;
  readonly #onEnd: () => void;
  #sleepers: ((message?: EventMessage) => void)[] = [];
  #ended = false;
  #failure: unknown;

  /** @param onEnd called once, when it has ended in whatever way. */
  constructor(backlog: Backlog, onEnd: () => void) {
    this.#backlog = backlog;
    this.#onEnd = onEnd;
  }

  put(message: EventMessage, delivery: Delivery): void {
    // Given to who waits and not left to wait: it must not be replaced by what comes before the loop goes on.
    const wake = this.#sleepers.shift();
    if (wake) wake(message);
    else this.#backlog.put(message, delivery);
  }

  /** Ends it once what waits has been taken; with a failure, by throwing that once. */
  end(failure?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#onEnd();
    for (const wake of this.#sleepers.splice(0)) wake();
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const message = this.#backlog.take() ?? (this.#ended ? undefined : await this.#coming());
    if (message) return { done: false, value: message.data };
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    return { done: true, value: undefined };
  }

  /** Called by `break` and `return` in a loop: what waits is given up. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.end();
    this.#backlog.clear();
    this.#failure = undefined;
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #coming(): Promise<EventMessage | undefined> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }
}
