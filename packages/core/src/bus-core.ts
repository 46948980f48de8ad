import {
  type Backoff,
  ClosedError,
  type EventwireError,
  type Runtime,
  systemRuntime,
} from "@eventwire/queue";
import type { Asking } from "./ask.js";
import type { Asked } from "./asked.js";
import type { Following, Sink } from "./backing/feed.js";
import type { StoredMessage } from "./backing/stored-message.js";
import type { TaskAsks } from "./backing/task-wire.js";
import type { Begun } from "./begun.js";
import { type Cause, Chain, silence } from "./cause.js";
import { checkCount } from "./check-count.js";
import { type Contract, maySend } from "./contract.js";
import { withDeadline } from "./deadline.js";
import type { EventDefinition, From, Side } from "./definition.js";
import { closed, Dispatcher, watched } from "./dispatcher.js";
import { DeniedError } from "./errors/denied-error.js";
import { GapError } from "./errors/gap-error.js";
import { ListenerError } from "./errors/listener-error.js";
import type { Gap } from "./gap.js";
import { Gaps } from "./gaps.js";
import { Handlers } from "./handlers.js";
import type { Observer } from "./inspection.js";
import type { Keeper } from "./keeper.js";
import type { Key } from "./key.js";
import { around, type Layer, type Layers } from "./layers.js";
import { defaultMailboxLimit } from "./mailbox.js";
import type { EventMessage, Offset, Peer, Receipt } from "./message.js";
import type { Position } from "./since.js";
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

/** Durable events that a client wants of its server. */
export interface FollowWish {
  readonly names: readonly string[];
  readonly key: Key | undefined;
  readonly since: Position;
}

/** How a client is one of a group of its server. */
export interface JoinWish extends Pick<FollowWish, "names" | "since"> {
  readonly group: string;
  /** What the group listens to, which stands for the names. */
  readonly pattern: string;
  /** How many events it is given at once. */
  readonly concurrency: number;
  readonly attempts: number;
  readonly backoff: Backoff;
}

/** Who does what a group of the server gives it. */
export interface GroupWorker {
  /** Whether it wants nothing any more. */
  readonly stopped: boolean;
  /** Resolves when the event is done. Rejects with what it failed with, and with `Interrupted` where it was not begun. */
  give(message: StoredMessage): Promise<void>;
  /** Others are given what it was given: what it has not begun by now it does not begin, for they may be far beyond that. */
  recall(): void;
  gap(reason: Gap["reason"], error?: EventwireError): void;
}

/** That of a client in a group. */
export interface Membership {
  /** Is given nothing more. What it was given it may still say it has done. */
  leave(): void;
}

/** What a client's bus has and a server's does not: the way to its server. */
export interface Uplink {
  listen(name: string, key: Key | undefined): Begun;
  /** Brings a sink durable events. Rejects when they may not be listened to, or not from there. */
  follow(wish: FollowWish, sink: Sink): Promise<Following>;
  /** Becomes a member of a group, link after link. Rejects when it may not. */
  join(wish: JoinWish, worker: GroupWorker): Promise<Membership>;
  /** The place after all that the server's log has. */
  position(): Promise<Offset>;
  /** Called inside emit, so that it can encode before the data changes. */
  emit(message: EventMessage): void;
  /**
   * Has the server's log take a durable event, in the order of the calls. Resolves when the log has it.
   *
   * @param body its data and what led to it, encoded.
   */
  append(message: EventMessage, body: string): Promise<Receipt>;
  /** Resolves when no durable event is on its way to the server's log. */
  appended(): Promise<void>;
  /**
   * Ends it when its time is over or its signal aborts, and all of them when the bus ends.
   *
   * @param cause what led to it.
   */
  request(name: string, input: unknown, asking: Asking, cause: readonly Cause[]): Promise<unknown>;
  /**
   * Asks the server about tasks. Where the link is lost before it is answered, it rejects with a `DisconnectedError`.
   *
   * @param name the tasks'.
   */
  askTasks(
    kind: keyof TaskAsks,
    name: string,
    input: unknown,
    asking: Asking,
    cause: readonly Cause[],
  ): Promise<unknown>;
  /** Whether there will be no link any more. */
  readonly over: boolean;
  /** @param drain how long it may take to send what waits, in milliseconds. */
  close(drain: number): Promise<void>;
}

/** What the sides of a contract have each its own way. */
export interface Ends {
  /** Where requests go, on a client. */
  readonly uplink?: Uplink;
  readonly keeper: Keeper;
}

/** What all views of one bus share. */
export class BusCore {
  readonly contract: Contract;
  readonly side: Side;
  readonly runtime: Runtime;
  readonly topics = new Map<string, Topic>();
  /** Where the bus is a client's. */
  readonly uplink: Uplink | undefined;
  readonly handlers: Handlers;
  readonly keeper: Keeper;
  /** How many events may wait for listeners, and how many for the log. */
  readonly mailboxLimit: number;
  readonly dispatcher: Dispatcher;
  readonly gaps = new Gaps(this);
  /** Tells those who observe the bus; `undefined` when nobody does, so that what is told need not even be made. */
  inspect: Observer | undefined;
  /** Whether peers can bring errors about here. What nobody handles is then logged, where it might end the process. */
  exposed = false;
  readonly #onError: ((error: EventwireError) => void) | undefined;
  readonly #onClose = new Set<(drain: number) => unknown>();
  readonly #observers = new Set<Observer>();
  readonly #layers = new Set<Layers>();
  #inLayer = false;
  #closing: Promise<void> | undefined;

  /** @param ends makes what its side has; it is given the core before there are topics. */
  constructor(contract: Contract, side: Side, options: BusOptions, ends: (core: BusCore) => Ends) {
    const { onError, mailboxLimit = defaultMailboxLimit, runtime = systemRuntime } = options;
    checkCount("mailboxLimit", mailboxLimit);
    this.contract = contract;
    this.side = side;
    this.runtime = runtime;
    this.#onError = onError;
    this.mailboxLimit = mailboxLimit;
    this.dispatcher = new Dispatcher(this, mailboxLimit);
    this.handlers = new Handlers(this);
    const { uplink, keeper } = ends(this);
    this.uplink = uplink;
    this.keeper = keeper;
    for (const [name, definition] of Object.entries(contract.definitions)) {
      if (definition.kind !== "event") continue;
      const sends = maySend((definition as EventDefinition).from, side);
      const topic = new Topic(name, definition as EventDefinition, sends);
      if (uplink && sends) topic.tap((message) => message.peer ?? uplink.emit(message));
      this.topics.set(name, topic);
      this.dispatcher.add(topic);
    }
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** An id that no other message has. */
  readonly newId = (): string => this.dispatcher.newId();

  /** What leads to what is done now: what the caller says, or what is under way. Observers cannot say. */
  causeOr(said: Chain | undefined): Chain | undefined {
    const { chain } = this.dispatcher.ambient;
    return chain?.silent ? chain : (said ?? chain);
  }

  /**
   * Has a message emitted, inside of the middleware around emits.
   *
   * @param said what leads to it. Default: what is under way.
   */
  emit(topic: Topic, data: unknown, said: Chain | undefined, pass: (message: EventMessage) => void): void {
    if (this.#closing) throw new ClosedError(`"${topic.name}" was not emitted`, topic.name);
    this.pass(topic, data, said, pass);
  }

  /** As `emit`, also while the bus ends: for what is a part of what it ends. */
  pass(topic: Topic, data: unknown, said: Chain | undefined, pass: (message: EventMessage) => void): void {
    const message = this.dispatcher.message(topic, data, this.causeOr(said));
    if (this.#layers.size === 0) {
      pass(message);
      return;
    }
    const last = () => this.#inside(false, () => pass(message));
    if (this.#inLayer) last();
    else {
      const layers = this.layersOf("emit", message.name);
      this.#inside(true, () => around(layers, message, last, this.report));
    }
  }

  /** What listeners do is not a layer's doing, also where a layer emitted. */
  #inside(layer: boolean, work: () => void): void {
    this.#inLayer = layer;
    try {
      work();
    } finally {
      this.#inLayer = !layer;
    }
  }

  use(layers: Layers): () => void {
    return this.#join(this.#layers, layers);
  }

  observe(observer: Observer): () => void {
    return this.#join(this.#observers, observer);
  }

  #join<Item>(items: Set<Item>, item: Item): () => void {
    items.add(item);
    this.#mark();
    return () => {
      items.delete(item);
      this.#mark();
    };
  }

  /** A request that is asked on this bus, or by a peer. */
  asked(name: string, input: unknown, peer: Peer | undefined, said?: Chain): Asked {
    const parent = peer ? said : this.causeOr(said);
    const id = this.newId();
    const untrusted = peer !== undefined && this.side === "server";
    return {
      request: { id, kind: "request", name, input, peer, cause: Chain.told(parent) },
      chain: new Chain("request", name, id, "", parent, untrusted),
    };
  }

  /** Runs `work`, which has a request answered, and tells observers. */
  answering(asked: Asked, work: () => unknown): unknown {
    return this.inspect && !asked.chain.silent ? this.#told(asked, work) : work();
  }

  async #told({ request }: Asked, work: () => unknown): Promise<unknown> {
    const start = this.runtime.monotonic();
    const took = () => this.runtime.monotonic() - start;
    this.inspect?.({ type: "request.asked", request });
    try {
      const output = await work();
      this.inspect?.({ type: "request.answered", request, output, milliseconds: took() });
      return output;
    } catch (error) {
      this.inspect?.({ type: "request.failed", request, error, milliseconds: took() });
      throw error;
    }
  }

  /** Delivers an event that came over a link, checked already. After the end of the bus it goes nowhere. */
  deliver(topic: Topic, message: EventMessage): void {
    if (!this.#closing) this.dispatcher.arrive(topic, message);
  }

  /**
   * Events of a name that should have come over a link never will: tells who listens to them, or reports it where none of
   * those wants to know.
   *
   * @param key of which; `undefined` for any.
   * @param missed how many; `undefined` where nobody counted.
   */
  gap(name: string, key: Key | undefined, reason: Gap["reason"], missed: number | undefined): void {
    this.gaps.tell({ name, key, reason, missed });
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
    if (error instanceof ListenerError) this.inspect?.({ type: "listener.failed", error });
    else if (!(error instanceof GapError))
      this.inspect?.({ type: "reported", error: error as EventwireError });
    try {
      if (!this.#onError) throw error;
      this.#onError(error as EventwireError);
    } catch (unhandled) {
      if (this.exposed) this.runtime.log(unhandled);
      else this.runtime.uncaught(unhandled);
    }
  };

  /** Reports what a listener failed with. */
  readonly failed = ({ name, id, cause }: EventMessage, error: unknown): void => {
    this.report(new ListenerError(name, id, error, cause));
  };

  /** Tells observers. What they bring about at once they are not told of, nor what that leads to. */
  readonly #tell: Observer = (inspection) => {
    const { ambient } = this.dispatcher;
    if (ambient.chain?.silent) return;
    // A copy: who begins to observe meanwhile is told of the next, or one that begins anew each time would never end.
    for (const observer of [...this.#observers]) {
      if (!this.#observers.has(observer)) continue;
      ambient.within(silence, () => this.attempt(() => observer(inspection)));
    }
  };

  #mark(): void {
    const inspect = this.#observers.size > 0;
    this.inspect = inspect ? this.#tell : undefined;
    this.dispatcher.mark(watched, inspect || [...this.#layers].some(({ middleware }) => middleware.emit));
  }

  /** The middleware of one kind around the messages of a name. */
  layersOf(kind: "emit" | "handle" | "work", name: string): readonly Layer[] {
    if (this.#layers.size === 0) return none;
    return [...this.#layers].flatMap(({ contract, middleware }) =>
      Object.hasOwn(contract.definitions, name) ? (middleware[kind] ?? []) : [],
    );
  }

  /** Runs `work`; what it throws is reported and stops nothing else. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.report(error);
    }
  }

  /**
   * Runs `callback` when the bus has ended, at once if it has. The result takes that back.
   *
   * @param callback may return a promise, which is waited for; is told how long that may take, in milliseconds.
   */
  onClose(callback: (drain: number) => unknown): () => void {
    if (this.#closing) callback(0);
    else this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  close(drain: number): Promise<void> {
    this.dispatcher.state |= closed;
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  async #close(drain: number): Promise<void> {
    // Later calls must find the bus closing before anything that runs below calls back into it.
    await undefined;
    const until = this.runtime.monotonic() + drain;
    const idle = [this.dispatcher.whenIdle(), this.handlers.idle(), this.keeper.drain()];
    // What has not ended by then ends now.
    await withDeadline(this.runtime, "", { timeout: drain }, () => Promise.all(idle)).catch(() => undefined);
    const left = () => Math.max(0, until - this.runtime.monotonic());
    const endings: unknown[] = [];
    for (const callback of this.#onClose) this.attempt(() => endings.push(callback(left())));
    this.#onClose.clear();
    for (const ending of await Promise.allSettled(endings)) {
      if (ending.status === "rejected") this.report(ending.reason);
    }
    await this.keeper.close(left());
    await this.uplink?.close(left());
  }
}

const none: readonly Layer[] = [];
