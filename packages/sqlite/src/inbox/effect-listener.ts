import {
  ClosedError,
  type Gap,
  ListenerError,
  MisuseError,
  type Offset,
  type Position,
} from "@eventwire/core";
import {
  type Begun,
  type BusCore,
  describe,
  type EventMessage,
  type Topic,
  unhandledGap,
} from "@eventwire/core/attach";
import { type Connection, isInTransaction, transact } from "../connection.js";
import { explain, isBusy } from "../thread/failures.js";
import { attempt } from "./effects.js";
import type { FailedEvents } from "./failed-events.js";
import { Places } from "./places.js";

export type Handler = (message: EventMessage) => unknown;

export interface ListenerWish {
  readonly inbox: string;
  readonly pattern: string;
  readonly topics: readonly Topic[];
  readonly handler: Handler;
  readonly since: Exclude<Position, "now">;
  readonly onGap: ((gap: Gap) => void) | undefined;
  /** For how long the database may be busy before that is reported, in milliseconds. */
  readonly busyTimeout: number;
}

/** How long to wait before a database that failed is tried again, in milliseconds: the first time, and at most. */
const firstWait = 10;
const longestWait = 1_000;

/**
 * Listens for an inbox: each event has its effect in a transaction that remembers its place. Where the database fails, and not the
 * handler, it listens anew from that place, so that nothing is passed.
 */
export class EffectListener {
  readonly ready: Promise<void>;
  readonly #core: BusCore;
  readonly #db: Connection;
  readonly #failed: FailedEvents;
  readonly #wish: ListenerWish;
  readonly #places: Places;
  #begun: Begun | undefined;
  #begin: () => void = () => undefined;
  #cancelRetry: (() => void) | undefined;
  #failures = 0;
  /** When the database began to fail, on the monotonic clock. */
  #failingSince = 0;
  #reported = false;
  /** Whether the log was found to end before the place, and nothing has come since. */
  #truncated = false;
  #stopped = false;

  constructor(core: BusCore, db: Connection, failed: FailedEvents, wish: ListenerWish) {
    this.#core = core;
    this.#db = db;
    this.#failed = failed;
    this.#wish = wish;
    this.#places = new Places(db, wish.inbox, wish.pattern);
    this.ready = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#listen().catch((error: unknown) => (isBusy(error) ? this.#retry(error) : reject(error)));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#begin();
    this.#cancelRetry?.();
    this.#begun?.stop();
  }

  /** Tries an event again that failed. @returns whether it now had its effect. */
  redo(message: EventMessage, offset: Offset): boolean {
    const { pattern } = this.#wish;
    const failure = this.#transact(() => {
      if (!this.#failed.has({ pattern, offset })) return { error: undefined };
      const failure = this.#attempt(message, offset);
      if (!failure) this.#failed.delete({ pattern, offset });
      return failure;
    });
    if (failure?.error !== undefined) this.#core.report(this.#errorOf(message, failure.error));
    return failure === undefined;
  }

  /** The first time it is told whether that is possible, but for a lock; afterwards it goes on until it is. */
  async #listen(): Promise<void> {
    const { pattern, topics, onGap: tell = unhandledGap } = this.#wish;
    const { keeper } = this.#core;
    const onGap = (gap: Gap) => {
      this.#truncated = gap.reason === "truncated";
      tell(gap);
    };
    const options = { since: () => this.#since(), onGap };
    const begun = keeper.listen(pattern, topics, options, (_, message) => this.#take(message, begun));
    this.#begun = begun;
    await begun.ready;
    this.#begin();
  }

  #since(): Position {
    const { since } = this.#wish;
    const latest = this.#places.latest();
    if (latest !== undefined || since === "start" || since instanceof Date) return latest ?? since;
    // Kept at once: who finds none at the next start begins here too, and not where the log is by then.
    this.#transact(() => this.#places.advance(since));
    return since;
  }

  #take(message: EventMessage, begun: Begun): void {
    // What it is given after it had to stop comes again.
    if (this.#stopped || this.#begun !== begun) return;
    const offset = message.offset!;
    let failure: { readonly error: unknown } | undefined;
    try {
      if (this.#truncated) this.#transact(() => this.#places.rewind(offset));
      this.#truncated = false;
      if (this.#places.has(offset)) return;
      failure = this.#transact(() => {
        // Another process may have been faster.
        if (this.#places.has(offset)) return undefined;
        const failure = this.#attempt(message, offset);
        this.#places.advance(offset);
        return failure;
      });
    } catch (error) {
      this.#retry(error, message);
      return;
    }
    this.#failures = 0;
    this.#reported = false;
    if (failure) throw failure.error;
  }

  #attempt(message: EventMessage, offset: Offset) {
    const { pattern, handler } = this.#wish;
    const late = (error: unknown) => this.#core.report(this.#errorOf(message, error));
    const failure = attempt(this.#db, () => handler(message), late);
    if (failure) {
      const { name, id } = message;
      const error = describe(failure.error);
      this.#failed.put({ pattern, offset, name, id, error, failedAt: this.#core.runtime.now() });
    }
    return failure;
  }

  #transact<Result>(work: () => Result): Result {
    if (isInTransaction(this.#db)) {
      throw new MisuseError(
        `Inbox "${this.#wish.inbox}" cannot write: a transaction is open on its connection. End transactions in the turn that they begin in, or give the inbox a connection of its own.`,
      );
    }
    return transact(this.#db, work);
  }

  /** Listens anew, after a while. @param message what it came to, where it began to listen. */
  #retry(error: unknown, message?: EventMessage): void {
    const { runtime } = this.#core;
    this.#begun?.stop();
    this.#begun = undefined;
    if (this.#failures === 0) this.#failingSince = runtime.monotonic();
    const isLong = runtime.monotonic() - this.#failingSince >= this.#wish.busyTimeout;
    if (!this.#reported && (isLong || !isBusy(error))) {
      this.#reported = true;
      const explained = explain(`inbox ${this.#wish.inbox}`, error);
      this.#core.report(message ? this.#errorOf(message, explained) : explained);
    }
    const wait = Math.min(longestWait, firstWait * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#cancelRetry = runtime.timer(() => this.#again(message), wait);
  }

  #again(message: EventMessage | undefined): void {
    if (this.#stopped || this.#core.closed) return;
    this.#listen().catch((error: unknown) => {
      if (!this.#stopped && !(error instanceof ClosedError)) this.#retry(error, message);
    });
  }

  #errorOf({ name, id, cause }: EventMessage, error: unknown): ListenerError {
    return new ListenerError(name, id, error, cause);
  }
}
