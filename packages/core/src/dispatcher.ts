import { ListenerError } from "./errors/listener-error.js";
import type { Listener } from "./listeners.js";
import { Mailbox } from "./mailbox.js";
import type { EventMessage } from "./message.js";
import type { Runtime } from "./runtime.js";
import type { Tap, Topic } from "./topic.js";

/** How long a drain may hold the event loop, in milliseconds. */
const slice = 5;
/** How many events are delivered between two looks at the clock. */
const stride = 8;

/** How much of the mailbox what peers send may fill, so that the bus's own emits keep room. */
const peersShare = 0.5;

interface Waiting {
  readonly topic: Topic;
  readonly message: EventMessage;
}

/**
 * Delivers events run to completion: the current one reaches all its listeners before the next begins, whoever emits
 * it. So every listener sees one order, and no recursion can overflow the stack.
 */
export class Dispatcher {
  readonly #runtime: Runtime;
  readonly #report: (error: unknown) => void;
  readonly #mailbox: Mailbox<Waiting>;
  #busy = false;
  #onIdle: (() => void) | undefined;

  constructor(runtime: Runtime, mailboxLimit: number, report: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#mailbox = new Mailbox(mailboxLimit);
    this.#report = report;
  }

  /** @throws {OverflowError} when it would have to wait and the mailbox is full. */
  dispatch(topic: Topic, message: EventMessage): void {
    if (this.#busy) {
      this.#mailbox.put({ topic, message }, topic.name, message.peer ? peersShare : 1);
      if (topic.taps.length > 0) this.#tap(topic.taps, message);
      return;
    }
    try {
      this.#busy = true;
      if (topic.taps.length > 0) this.#tap(topic.taps, message);
      this.#deliver(topic, message);
      this.#drain();
    } catch (error) {
      // Only a stack at its limit throws here, at any call. A bus that stayed busy would never deliver again.
      this.#busy = false;
      throw error;
    }
  }

  /** Resolves when nothing waits. Asked once, by the end of the bus. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#busy) this.#onIdle = resolve;
      else resolve();
    });
  }

  #drain(): void {
    if (this.#mailbox.size > 0) {
      const until = this.#runtime.monotonic() + slice;
      for (let count = 1; this.#mailbox.size > 0; count++) {
        const { topic, message } = this.#mailbox.take()!;
        this.#deliver(topic, message);
        if (count % stride === 0 && this.#runtime.monotonic() >= until) {
          this.#runtime.macrotask(() => this.#drain());
          return;
        }
      }
    }
    this.#busy = false;
    this.#onIdle?.();
  }

  #deliver(topic: Topic, message: EventMessage): void {
    const every = topic.everyKey.current;
    const keyed = message.key === undefined ? undefined : topic.withKey(message.key)?.current;
    if (!keyed) {
      this.#callAll(every, every.length, message);
      return;
    }
    // Counted before the first call: who joins during it hears the next event.
    const { length } = keyed;
    this.#callAll(every, every.length, message);
    this.#callAll(keyed, length, message);
  }

  #callAll(listeners: readonly Listener[], length: number, message: EventMessage): void {
    for (let index = 0; index < length; index++) {
      try {
        const result = listeners[index]!.call(message.data, message);
        if (isThenable(result)) this.#watch(result, message);
      } catch (error) {
        this.#failed(message, error);
      }
    }
  }

  #tap(taps: readonly Tap[], message: EventMessage): void {
    for (const tap of taps) {
      try {
        tap(message);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #watch(result: PromiseLike<unknown>, message: EventMessage): void {
    result.then(undefined, (error: unknown) => this.#failed(message, error));
  }

  #failed(message: EventMessage, error: unknown): void {
    this.#report(new ListenerError(message.name, message.id, error));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
