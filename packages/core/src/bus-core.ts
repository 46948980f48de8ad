import { type Contract, maySend } from "./contract.js";
import type { EventDefinition, From, Side } from "./definition.js";
import { Dispatcher } from "./dispatcher.js";
import { ClosedError } from "./errors/closed-error.js";
import { DeniedError } from "./errors/denied-error.js";
import type { EventwireError } from "./errors/eventwire-error.js";
import { MisuseError } from "./errors/misuse-error.js";
import { UnsupportedError } from "./errors/unsupported-error.js";
import { Handlers } from "./handlers.js";
import type { Key } from "./key.js";
import { defaultMailboxLimit } from "./mailbox.js";
import { EventMessage, type Peer } from "./message.js";
import { type Runtime, systemRuntime } from "./runtime.js";
import { Topic } from "./topic.js";

export interface BusOptions {
  /**
   * Told of what nobody else handles: a listener's error, a gap, a refusal. Default: reported as an uncaught error;
   * logged once the bus is served or connected, so that nothing that a peer does ends the process.
   */
  readonly onError?: ((error: EventwireError) => void) | undefined;
  /** How many events may wait for a bus that is busy, before emit throws. Default 100,000. */
  readonly mailboxLimit?: number | undefined;
  /** Time, chance and scheduling. Default: the platform's. */
  readonly runtime?: Runtime | undefined;
}

/** One wish to receive a name, or one key of it, over an uplink. */
export interface Demand {
  /** Resolves when the other side sends; rejects when it refuses. */
  readonly ready: Promise<void>;
  stop(): void;
}

/** What a client's bus has and a server's does not: the way to its server. */
export interface Uplink {
  listen(name: string, key: Key | undefined): Demand;
  /** Called inside emit, so that it can encode before the data changes. */
  emit(message: EventMessage): void;
  request(
    name: string,
    input: unknown,
    options: { readonly timeout: number; readonly signal: AbortSignal },
  ): Promise<unknown>;
  close(): Promise<void>;
}

/** Where an event that came over a link is from. */
export interface Origin {
  readonly id: string;
  readonly time: number;
  readonly peer: Peer;
}

/** What all views of one bus share. */
export class BusCore {
  readonly contract: Contract;
  readonly side: Side;
  readonly runtime: Runtime;
  readonly topics = new Map<string, Topic>();
  readonly handlers = new Handlers((error) => this.report(error));
  readonly uplink: Uplink | undefined;
  /** Makes an id: the bus's own random part, then a count. */
  readonly newId: () => string;
  /** Whether peers can bring errors about here. What nobody handles is then logged, where it might end the process. */
  exposed = false;
  readonly #dispatcher: Dispatcher;
  readonly #onError: ((error: EventwireError) => void) | undefined;
  readonly #onClose = new Set<() => void>();
  #closing: Promise<void> | undefined;

  /** @param uplink makes the way to the server; it is given the core before there are topics. */
  constructor(contract: Contract, side: Side, options: BusOptions, uplink?: (core: BusCore) => Uplink) {
    const { onError, mailboxLimit = defaultMailboxLimit, runtime = systemRuntime } = options;
    if (!(mailboxLimit >= 1)) throw new MisuseError("mailboxLimit must be at least 1.");
    this.contract = contract;
    this.side = side;
    this.runtime = runtime;
    this.#onError = onError;
    const prefix = runtime.randomId();
    let count = 0;
    this.newId = () => `${prefix}.${(++count).toString(36)}`;
    this.uplink = uplink?.(this);
    this.#dispatcher = new Dispatcher(runtime, mailboxLimit, this.report);
    for (const [name, definition] of Object.entries(contract.definitions)) {
      if (definition.kind !== "event") continue;
      const topic = new Topic(name, definition as EventDefinition);
      if (this.uplink && maySend(topic.definition.from, side))
        topic.tap((message) => message.peer ?? this.uplink?.emit(message));
      this.topics.set(name, topic);
    }
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  emit(topic: Topic, data: unknown): void {
    if (this.#closing) throw new ClosedError(`"${topic.name}" was not emitted`, topic.name);
    const { runtime } = this;
    const message = new EventMessage(topic.name, data, topic.key(data), runtime.now(), undefined, this.newId);
    this.#dispatcher.dispatch(topic, message);
  }

  /** Delivers an event that came over a link, checked already. After the end of the bus it goes nowhere. */
  deliver(topic: Topic, data: unknown, origin: Origin): void {
    if (this.#closing) return;
    const message = new EventMessage(topic.name, data, topic.key(data), origin.time, origin.peer, origin.id);
    this.#dispatcher.dispatch(topic, message);
  }

  /** @throws {DeniedError} when this side may not send the message. */
  checkSends(name: string, from: From): void {
    if (maySend(from, this.side)) return;
    throw new DeniedError(`"${name}" is sent by the ${from} only; this bus is on the ${this.side} side.`, {
      name,
    });
  }

  /** Bound, so that it can be handed on. */
  readonly report = (error: unknown): void => {
    try {
      if (!this.#onError) throw error;
      this.#onError(error as EventwireError);
    } catch (unhandled) {
      if (this.exposed) this.runtime.log(unhandled);
      else this.runtime.uncaught(unhandled);
    }
  };

  /** Runs `work`; what it throws is reported and stops nothing else. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.report(error);
    }
  }

  /** Runs `callback` when the bus has ended, at once if it has. The result takes that back. */
  onClose(callback: () => void): () => void {
    if (this.#closing) callback();
    else this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  close(drain: number): Promise<void> {
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  async #close(drain: number): Promise<void> {
    // Later calls must find the bus closing before anything that runs below calls back into it.
    await undefined;
    await new Promise<void>((resolve) => {
      const cancelTimer = this.runtime.timer(resolve, drain);
      void Promise.all([this.#dispatcher.idle(), this.handlers.idle()]).then(() => {
        cancelTimer();
        resolve();
      });
    });
    for (const callback of this.#onClose) this.attempt(callback);
    this.#onClose.clear();
    await this.uplink?.close();
  }
}

/** What durable events and tasks need, no bus has yet. */
export function needsBroker(name: string, what: string): UnsupportedError {
  return new UnsupportedError(`"${name}" is ${what}; this bus has none.`, { name });
}

export const durable = "durable and needs a broker with a log";
export const task = "a task and needs a broker that keeps tasks";
