import { Backlog } from "./backlog.js";
import type { Delivery } from "./definition.js";
import type { EventMessage } from "./message.js";

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/** Turns events that come by themselves into ones that are asked for, with a bounded backlog between. */
export class EventIterator implements AsyncIterableIterator<unknown, undefined> {
  readonly #delivery: Delivery;
  readonly #missed: (count: number) => void;
  readonly #backlog = new Backlog();
  readonly #waiters: Waiter[] = [];
  #onEnd: (() => void) | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  /** @param missed is told, before the next event, how many were dropped because the loop was slow. */
  constructor(delivery: Delivery, missed: (count: number) => void) {
    this.#delivery = delivery;
    this.#missed = missed;
  }

  /** Runs `callback` once when it has ended, at once if it has. */
  onEnd(callback: () => void): void {
    if (this.#ended) callback();
    else this.#onEnd = callback;
  }

  put(message: EventMessage): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve({ done: false, value: message.data });
    else this.#backlog.put(message, this.#delivery);
  }

  /** Ends it once what waits has been taken; with a failure, by throwing that once. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#onEnd?.();
    for (const waiter of this.#waiters.splice(0)) this.#finish().then(waiter.resolve, waiter.reject);
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const { missed } = this.#backlog;
    if (missed > 0) {
      this.#backlog.missed = 0;
      this.#missed(missed);
    }
    const message = this.#backlog.take();
    if (message) return Promise.resolve({ done: false, value: message.data });
    if (this.#ended) return this.#finish();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Called by `break` and `return` in a loop: what waits is given up. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#backlog.clear();
    this.end();
    this.#failure = undefined;
    return this.#finish();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(): Promise<IteratorResult<unknown, undefined>> {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure ? Promise.reject(failure.error) : Promise.resolve({ done: true, value: undefined });
  }
}
