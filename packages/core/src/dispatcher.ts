import { ListenerError } from "./errors/listener-error.js";
import type { Listeners } from "./listeners.js";
import { Mailbox } from "./mailbox.js";
import type { EventMessage } from "./message.js";
import type { Runtime } from "./runtime.js";
import type { Tap, Topic } from "./topic.js";

/** How long a drain may hold the event loop, in milliseconds. */
const slice = 5;
/** How many events are delivered between two looks at the clock. */
const stride = 8;

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
  #whenIdle: (() => void)[] = [];

  constructor(runtime: Runtime, mailboxLimit: number, report: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#mailbox = new Mailbox(mailboxLimit);
    this.#report = report;
  }

  /** @throws {OverflowError} when it would have to wait and the mailbox is full. */
  dispatch(topic: Topic, message: EventMessage): void {
    if (this.#busy) {
      this.#mailbox.put({ topic, message }, topic.name);
      if (topic.taps) this.#tap(topic.taps, message);
      return;
    }
    this.#busy = true;
    if (topic.taps) this.#tap(topic.taps, message);
    this.#deliver(topic, message);
    if (this.#mailbox.size > 0) this.#drain();
    else this.#rest();
  }

  /** Resolves when nothing waits. */
  idle(): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #drain(): void {
    const until = this.#runtime.monotonic() + slice;
    for (let count = 1; ; count++) {
      const waiting = this.#mailbox.take();
      if (!waiting) break;
      this.#deliver(waiting.topic, waiting.message);
      if (count % stride === 0 && this.#runtime.monotonic() >= until) {
        this.#runtime.macrotask(() => this.#drain());
        return;
      }
    }
    this.#rest();
  }

  #rest(): void {
    this.#busy = false;
    if (this.#whenIdle.length === 0) return;
    const resolvers = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of resolvers) resolve();
  }

  #deliver(topic: Topic, message: EventMessage): void {
    this.#callAll(topic.everyKey, message);
    if (message.key === undefined) return;
    const listeners = topic.withKey(message.key);
    if (listeners) this.#callAll(listeners, message);
  }

  #callAll({ current: listeners }: Listeners, message: EventMessage): void {
    for (let index = 0, length = listeners.length; index < length; index++) {
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
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
