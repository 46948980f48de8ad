import {
  type Bus,
  type Context,
  type Contract,
  type Data,
  type DurableName,
  type EventName,
  type Gap,
  type KeyOf,
  type MessagesByPattern,
  MisuseError,
  type Offset,
  type Pattern,
  type Position,
  type Subscription,
} from "@eventwire/core";
import {
  attach,
  type BusCore,
  isAsyncFunction,
  matches,
  subscription,
  type Topic,
} from "@eventwire/core/attach";
import { type Connection, isInTransaction, transact } from "../connection.js";
import { EffectListener } from "./effect-listener.js";
import { type FailedEvent, FailedEvents, failedTable } from "./failed-events.js";
import { placesTable } from "./places.js";

export interface InboxOptions {
  /** For how long the database may be busy before that is reported, in milliseconds; it is tried again anyway. Default 5,000. */
  readonly busyTimeout?: number | undefined;
}

export interface InboxListenOptions {
  /**
   * After what to begin the first time; from then on it is after what had its effect. Default `"start"`: all that the log keeps.
   * For what comes from now on give `await bus.position()`, which is kept.
   */
  readonly since?: Exclude<Position, "now"> | undefined;
  /** Told of events that can never be had. Default: reported to `onError`. */
  readonly onGap?: ((gap: Gap) => void) | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Durable events whose effects in a database happen once. Made by {@link inbox}. */
export interface Inbox<C extends Contract> {
  /**
   * Calls `handler` for each event of a name, or of a pattern, in the order of the log, within a transaction of the database
   * that also keeps the event's place: its writes happen once, or not at all, however often the event comes and whatever crashes.
   * Several processes may do this by the same name; each event has its effect in one of them.
   *
   * The handler is synchronous. When it throws, its writes are undone and the event is kept as failed in the same transaction; its
   * error goes to the bus's `onError`, and the next event comes. Where the database itself fails, nothing is passed: it is tried
   * again until it succeeds.
   *
   * @throws {MisuseError} when an event is not durable, the handler is asynchronous, or the inbox listens to the pattern already.
   *
   * @example
   * ```ts
   * billing.on("order.placed", (order) => {
   *   database.prepare("INSERT INTO invoices VALUES (?, ?)").run(order.id, order.total);
   * });
   * ```
   */
  on<N extends DurableName<C> & EventName<C>>(
    name: N,
    handler: (data: Data<C, N>, context: Context<N, KeyOf<C, N>>) => void,
    options?: InboxListenOptions,
  ): Subscription;
  on<P extends Pattern<EventName<C>>>(
    pattern: P,
    handler: (message: MessagesByPattern<C>[P]) => void,
    options?: InboxListenOptions,
  ): Subscription;
  /** The events that failed, those that did so first in front. @param limit how many at most. Default 1,000. */
  failed(limit?: number): readonly FailedEvent[];
  /**
   * Reads events that failed from the log and gives them to their handler again. One that fails again, or that the log keeps
   * no longer, stays. Several processes may do it at once.
   *
   * @param offsets of which. Default: all.
   * @returns how many had their effect. Rejects with a `MisuseError` where nobody listens to the pattern of one.
   */
  redo(offsets?: readonly Offset[]): Promise<number>;
  /** Gives failed events up. */
  forget(offsets: readonly Offset[]): void;
}

/**
 * Makes the effects of durable events in a database of the application's happen once: a handler's writes and the place in the log
 * are committed together. Its tables, `eventwire_inbox_places` and `eventwire_inbox_failed`, are made where there are none.
 *
 * @param db a connection on which no transaction is left open beyond the turn that it began in.
 * @param name who it is for: each name has every event once.
 * @throws {MisuseError} when a transaction is open on the connection, and what the database throws.
 *
 * @example
 * ```ts
 * const billing = inbox(bus, database, "billing");
 * ```
 */
export function inbox<C extends Contract>(
  bus: Bus<C>,
  db: Connection,
  name: string,
  { busyTimeout = 5_000 }: InboxOptions = {},
): Inbox<C> {
  if (typeof name !== "string" || name === "") throw new MisuseError("An inbox must have a name.");
  if (!(busyTimeout >= 0)) throw new MisuseError(`busyTimeout must be at least 0; it is ${busyTimeout}.`);
  if (isInTransaction(db)) {
    throw new MisuseError(`Inbox "${name}" cannot be made while a transaction is open on its connection.`);
  }
  transact(db, () => db.exec(`${placesTable};${failedTable}`));
  return new DatabaseInbox(attach(bus), db, name, busyTimeout);
}

class DatabaseInbox {
  readonly #core: BusCore;
  readonly #db: Connection;
  readonly #name: string;
  readonly #busyTimeout: number;
  readonly #failed: FailedEvents;
  readonly #listeners = new Map<string, EffectListener>();

  constructor(core: BusCore, db: Connection, name: string, busyTimeout: number) {
    this.#core = core;
    this.#db = db;
    this.#name = name;
    this.#busyTimeout = busyTimeout;
    this.#failed = new FailedEvents(db, name);
  }

  on(
    pattern: string,
    handler: (...values: never[]) => unknown,
    { since = "start", onGap, signal }: InboxListenOptions = {},
  ): Subscription {
    const core = this.#core;
    const topics = this.#topics(pattern, handler);
    const isName = core.topics.has(pattern);
    const call = handler as (...values: readonly unknown[]) => unknown;
    const listener = new EffectListener(core, this.#db, this.#failed, {
      inbox: this.#name,
      pattern,
      topics,
      handler: isName ? (message) => call(message.data, message) : call,
      since,
      onGap,
      busyTimeout: this.#busyTimeout,
    });
    this.#listeners.set(pattern, listener);
    core.inspect?.({ type: "listening.started", pattern, key: undefined });
    const forgetClose = core.onClose(() => listener.stop());
    const stop = () => {
      forgetClose();
      listener.stop();
      this.#listeners.delete(pattern);
      core.inspect?.({ type: "listening.ended", pattern, key: undefined });
    };
    return subscription(stop, signal, listener.ready, core.report);
  }

  failed(limit = 1_000): readonly FailedEvent[] {
    return this.#failed.all(limit);
  }

  async redo(offsets?: readonly Offset[]): Promise<number> {
    const core = this.#core;
    let redone = 0;
    for (const failed of this.#failed.all(Number.MAX_SAFE_INTEGER)) {
      const { pattern, name, offset } = failed;
      if (offsets && !offsets.includes(offset)) continue;
      const listener = this.#listeners.get(pattern);
      if (!listener) {
        throw new MisuseError(`Inbox "${this.#name}" does not listen to "${pattern}" here.`, {
          name: pattern,
        });
      }
      try {
        const message = await core.keeper.find(name, offset);
        if (!message) throw new MisuseError("the log does not keep it any more", { name });
        if (listener.redo(message, offset)) redone += 1;
      } catch (error) {
        core.report(error);
      }
    }
    return redone;
  }

  forget(offsets: readonly Offset[]): void {
    for (const failed of this.#failed.all(Number.MAX_SAFE_INTEGER)) {
      if (offsets.includes(failed.offset)) this.#failed.delete(failed);
    }
  }

  /** @throws {MisuseError} when it cannot listen to them. */
  #topics(pattern: string, handler: (...values: never[]) => unknown): readonly Topic[] {
    const topics = [...this.#core.topics.values()].filter(
      ({ name }) => name === pattern || matches(pattern, name),
    );
    const live = topics.find(({ definition }) => definition.delivery !== "durable");
    const because =
      topics.length === 0
        ? "the contract has no such event"
        : live
          ? `"${live.name}" is not durable, so that it may be lost`
          : isAsyncFunction(handler)
            ? "its handler is asynchronous, and what it does after an await is not in its transaction"
            : this.#listeners.has(pattern)
              ? "it listens to that already, and has one place for it"
              : undefined;
    if (because === undefined) return topics;
    throw new MisuseError(`Inbox "${this.#name}" cannot listen to "${pattern}": ${because}.`, {
      name: pattern,
    });
  }
}
