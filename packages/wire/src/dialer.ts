import { type CloseReason, type Link, type LinkSource, MisuseError, type Runtime } from "@eventwire/core";
import { drainingCode } from "./draining.js";
import { type Carrier, LinkEnd } from "./link-end.js";

export interface ReconnectOptions {
  /** The longest wait before the first new attempt, in milliseconds. Each further one doubles it. Default 1,000. */
  readonly delay?: number | undefined;
  /** The longest wait of all, in milliseconds. Default 30,000. */
  readonly maxDelay?: number | undefined;
}

/** One attempt to connect, which comes to one of two ends, once, or is given up. */
export interface Attempt {
  /** It stands. Gives the link, which is open to what comes. */
  connected(carrier: Carrier): LinkEnd;
  /** It could not be made. */
  failed(reason: CloseReason): void;
}

/** The longest wait where the server has handed this client over to another one, in milliseconds. It has spread its clients. */
export const hop = 100;
/** A link that lasted so long, in milliseconds, was a success: the next wait is short again. */
const lasting = 5_000;

/**
 * The links of a client, one after the other, for transports that do not reconnect by themselves. Waits between attempts
 * are chosen by chance up to a bound that doubles each time, so that the clients of a server that restarts do not all
 * come back at once ("full jitter": Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
 */
export class Dialer implements LinkSource {
  readonly #runtime: Runtime;
  readonly #delay: number;
  readonly #maxDelay: number;
  readonly #dial: (attempt: Attempt) => () => void;
  #waiting: (() => void) | undefined;
  /** Where there is a listener. */
  #redial: (() => void) | undefined;

  /** @param dial begins an attempt; what it returns gives it up, and is called only before it has come to an end. */
  constructor(
    runtime: Runtime,
    { delay = 1_000, maxDelay = 30_000 }: ReconnectOptions,
    dial: (attempt: Attempt) => () => void,
  ) {
    this.#runtime = runtime;
    this.#delay = delay;
    this.#maxDelay = maxDelay;
    this.#dial = dial;
  }

  /** Something says that it may work now: an attempt that is waited for is made at once. */
  hurry(): void {
    if (this.#waiting) this.#redial?.();
  }

  listen(onLink: (link: Link) => void, onFailure?: (reason: CloseReason) => void): () => void {
    if (this.#redial) throw new MisuseError("This source of links is listened to already.");
    let stopped = false;
    let failures = 0;
    let abandon: (() => void) | undefined;

    const again = (code: string) => {
      if (stopped) return;
      const handedOver = code === drainingCode;
      const bound = handedOver ? hop : Math.min(this.#maxDelay, this.#delay * 2 ** failures++);
      this.#waiting = this.#runtime.timer(dial, bound * this.#runtime.random());
    };
    const dial = () => {
      this.#stopWaiting();
      let over = false;
      const settle = () => {
        over = true;
        abandon = undefined;
      };
      const giveUp = this.#dial({
        connected: (carrier) => {
          settle();
          const since = this.#runtime.monotonic();
          const link = new LinkEnd(carrier, ({ code, retryable }) => {
            if (this.#runtime.monotonic() - since >= lasting) failures = 0;
            if (retryable) again(code);
          });
          onLink(link);
          return link;
        },
        failed: (reason) => {
          settle();
          onFailure?.(reason);
          if (reason.retryable) again(reason.code);
        },
      });
      if (!over) abandon = giveUp;
    };

    this.#redial = dial;
    dial();
    return () => {
      if (stopped) return;
      stopped = true;
      this.#redial = undefined;
      this.#stopWaiting();
      abandon?.();
      abandon = undefined;
    };
  }

  #stopWaiting(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
