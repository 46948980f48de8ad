import type { Runtime } from "@eventwire/queue";
import { Ambient } from "./ambient.js";
import { Chain, idOf } from "./cause.js";
import type { Side } from "./definition.js";
import type { Observer } from "./inspection.js";
import type { Key } from "./key.js";
import type { Listener, Listeners } from "./listeners.js";
import { Mailbox } from "./mailbox.js";
import { EventMessage } from "./message.js";
import { isThenable } from "./thenable.js";
import type { Topic } from "./topic.js";

/** How long a drain may hold the event loop, in milliseconds. */
const slice = 5;
/** How many events are delivered between two looks at the clock. */
const stride = 8;

/** What every id begins with that is made at a client. */
export const clientMark = "~";

/** How much of the mailbox what peers send may fill, so that the bus's own emits keep room. */
const peersShare = 0.5;

/** Why an emit is more than to call listeners: bits of one number, so that one look tells. */
const busy = 1;
/** There is more to do when the current event has reached all its listeners. */
const unfinished = 2;
/** Work is under way that is the cause of what is emitted meanwhile. */
const working = 4;
/** There are observers, or middleware around emits. */
export const watched = 8;
export const closed = 16;
/** Beyond the bits: the number of the topic whose event is under way, where no more is known of it. */
const numbersFrom = 5;
const bits = 2 ** numbersFrom - 1;

export interface DispatcherHost {
  readonly runtime: Runtime;
  readonly side: Side;
  readonly topics: ReadonlyMap<string, Topic>;
  readonly inspect: Observer | undefined;
  readonly failed: (message: EventMessage, error: unknown) => void;
  readonly report: (error: unknown) => void;
}

interface Waiting {
  readonly topic: Topic;
  readonly message: EventMessage;
}

/**
 * Delivers events run to completion: the current one reaches all its listeners before the next begins, whoever emits
 * it. So every listener sees one order, and no recursion can overflow the stack.
 */
export class Dispatcher {
  /** 0 while an emit may deliver at once, with nothing else to do. */
  state = 0;
  readonly ambient: Ambient;
  readonly #host: DispatcherHost;
  readonly #runtime: Runtime;
  readonly #mailbox: Mailbox<Waiting>;
  readonly #prefix: string;
  readonly #topics: Topic[] = [];
  #count = 0;
  #current: Chain | undefined;
  /** The event from over a link that is under way, where no more is known of it. */
  #arrived: EventMessage | undefined;
  readonly #untidy = new Set<Listeners>();
  #onIdle: (() => void) | undefined;

  constructor(host: DispatcherHost, mailboxLimit: number) {
    const { runtime } = host;
    this.#host = host;
    this.#runtime = runtime;
    this.#mailbox = new Mailbox(mailboxLimit);
    // No client can make an id that a server makes: a log knows by their ids what it has.
    this.#prefix = host.side === "client" ? `${clientMark}${runtime.randomId()}` : runtime.randomId();
    this.ambient = new Ambient(
      host,
      () => this.#underWay(),
      (is) => this.mark(working, is),
    );
  }

  /** To be called with each topic, once. */
  add(topic: Topic): void {
    topic.underWay = (this.#topics.push(topic) << numbersFrom) | busy;
  }

  mark(bit: number, set: boolean): void {
    if (set) this.state |= bit;
    else this.state &= ~bit;
  }

  newId(): string {
    this.#underWay();
    return idOf(++this.#count, this.#prefix);
  }

  /**
   * @param parent what led to it.
   * @throws {InvalidError} when the contract's key function gives something that is no key.
   */
  message(topic: Topic, data: unknown, parent: Chain | undefined): EventMessage {
    this.#underWay();
    return this.#message(topic, data, parent);
  }

  #message(topic: Topic, data: unknown, parent: Chain | undefined): EventMessage {
    const key = topic.key(data);
    const time = this.#runtime.now();
    return new EventMessage(topic.name, data, key, time, undefined, ++this.#count, this.#prefix, parent);
  }

  /** Delivers at once. For a topic that is plain, while `state` is 0. */
  emit(topic: Topic, data: unknown): void {
    const message = this.#message(topic, data, undefined);
    const { underWay } = topic;
    this.state = underWay;
    try {
      this.#deliver(topic, message);
      if (this.state === underWay) this.state = 0;
      else this.#drain();
    } catch (error) {
      // Only a stack at its limit throws here, at any call. A bus that stayed busy would never deliver again.
      this.state &= bits & ~busy;
      this.#current = undefined;
      throw error;
    }
  }

  /** The same for a topic that is tapped; apart, for V8 inlines the other one whole as long as it is that small. */
  emitTapped(topic: Topic, data: unknown): void {
    const message = this.#message(topic, data, undefined);
    const { underWay } = topic;
    this.state = underWay;
    try {
      this.#tell(topic, message);
      this.#deliver(topic, message);
      if (this.state === underWay) this.state = 0;
      else this.#drain();
    } catch (error) {
      // As in emit().
      this.state &= bits & ~busy;
      this.#current = undefined;
      throw error;
    }
  }

  /**
   * Delivers an event that came over a link: at once, where nothing else is under way.
   *
   * @throws {OverflowError} when it would have to wait and the mailbox is full.
   */
  arrive(topic: Topic, message: EventMessage): void {
    if (this.state & ~working || this.ambient.inside) {
      this.dispatch(topic, message);
      return;
    }
    const before = this.state;
    const underWay = before | busy;
    this.state = underWay;
    this.#arrived = message;
    try {
      this.#tell(topic, message);
      this.#deliver(topic, message);
      if (this.state === underWay) {
        this.#arrived = undefined;
        this.#current = undefined;
        this.state = before;
      } else this.#drain();
    } catch (error) {
      // As in emit().
      this.state &= ~busy;
      this.#current = undefined;
      this.#arrived = undefined;
      throw error;
    }
  }

  /** @throws {OverflowError} when it would have to wait and the mailbox is full. */
  dispatch(topic: Topic, message: EventMessage): void {
    if (this.state & busy) {
      this.#mailbox.put({ topic, message }, topic.name, message.peer ? peersShare : 1);
      this.state |= unfinished;
      this.#show(topic, message);
      return;
    }
    this.run(() => {
      this.#show(topic, message);
      this.#turn(topic, message);
    });
  }

  /** Runs `work`, which calls listeners: what they emit waits until it has ended. */
  run(work: () => void): void {
    if (this.state & busy) {
      work();
      return;
    }
    this.state |= busy;
    try {
      work();
      this.#drain();
    } catch (error) {
      this.state &= ~busy;
      throw error;
    }
  }

  /** Forgets the places of who has left, once no emit runs over them. */
  tidy(listeners: Listeners | undefined): void {
    if (!listeners) return;
    if (this.state & busy) {
      this.#untidy.add(listeners);
      this.state |= unfinished;
    } else listeners.tidy();
  }

  /** Resolves when nothing waits. Asked once, by the end of the bus. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.state & busy) {
        this.#onIdle = resolve;
        this.state |= unfinished;
      } else resolve();
    });
  }

  /** The event under way as a cause. To be called before the count goes on: of an event on the plain way no more is kept. */
  #underWay(): Chain | undefined {
    if (this.#arrived) {
      this.#current ??= this.ambient.chainOf(this.#arrived);
      return this.#current;
    }
    const topic = this.#topics[(this.state >> numbersFrom) - 1];
    if (!topic) return undefined;
    this.state |= unfinished;
    this.#current ??= new Chain("event", topic.name, this.#count, this.#prefix, undefined);
    return this.#current;
  }

  #drain(): void {
    this.#current = undefined;
    this.#arrived = undefined;
    this.state &= bits;
    if (this.#mailbox.size > 0) {
      const until = this.#runtime.monotonic() + slice;
      for (let count = 1; this.#mailbox.size > 0; count++) {
        const { topic, message } = this.#mailbox.take()!;
        this.#turn(topic, message);
        if (count % stride === 0 && this.#runtime.monotonic() >= until) {
          this.#runtime.macrotask(() => this.ambient.apart(() => this.#drain()));
          return;
        }
      }
    }
    for (const listeners of this.#untidy) listeners.tidy();
    this.#untidy.clear();
    this.state &= ~(busy | unfinished);
    this.#onIdle?.();
  }

  /** Shows a message to those who see it inside emit. */
  #show(topic: Topic, message: EventMessage): void {
    if (this.state & watched && !message.silent) this.#host.inspect?.({ type: "emitted", message });
    this.#tell(topic, message);
  }

  #tell({ taps }: Topic, message: EventMessage): void {
    for (let index = 0; index < taps.length; index++) {
      try {
        taps[index]!(message);
      } catch (error) {
        this.#host.report(error);
      }
    }
  }

  /** Delivers with all that goes with it. */
  #turn(topic: Topic, message: EventMessage): void {
    const inspect = message.silent ? undefined : this.#host.inspect;
    const listeners = inspect && topic.count(message.key);
    const start = inspect && this.#runtime.monotonic();
    this.ambient.within(message, () => this.#deliver(topic, message));
    if (!inspect) return;
    inspect({
      type: "delivered",
      message,
      listeners: listeners!,
      milliseconds: this.#runtime.monotonic() - start!,
    });
  }

  #deliver(topic: Topic, message: EventMessage): void {
    const every = topic.everyKey.current;
    const { key } = message;
    if (key !== undefined) this.#deliverKeyed(topic, every, key, message);
    else if (every.length === 1) this.#call(every[0]!, message);
    else this.#callAll(every, every.length, message);
  }

  #deliverKeyed(topic: Topic, every: readonly Listener[], key: Key, message: EventMessage): void {
    if (every.length === 0) {
      const there = topic.withKey(key);
      if (typeof there === "function") this.#call(there, message);
      else if (there) this.#callAll(there.current, there.current.length, message);
      return;
    }
    // Looked up before the first call: who joins during it hears the next event, and who leaves is silent.
    const keyed = topic.placesOf(key)?.current ?? [];
    const { length } = keyed;
    this.#callAll(every, every.length, message);
    this.#callAll(keyed, length, message);
  }

  #callAll(listeners: readonly Listener[], length: number, message: EventMessage): void {
    if (length > 1) this.#callSeveral(listeners, length, message);
    else if (length === 1) this.#call(listeners[0]!, message);
  }

  /** The first four have calls of their own: V8 remembers for each call what it calls, and inlines what is always the same. */
  #callSeveral(listeners: readonly Listener[], length: number, message: EventMessage): void {
    const { data } = message;
    let index = 0;
    try {
      let result = listeners[index++]!(data, message);
      if (result !== undefined) this.#took(result, listeners[index - 1]!, message);
      result = listeners[index++]!(data, message);
      if (result !== undefined) this.#took(result, listeners[index - 1]!, message);
      if (index === length) return;
      result = listeners[index++]!(data, message);
      if (result !== undefined) this.#took(result, listeners[index - 1]!, message);
      if (index === length) return;
      result = listeners[index++]!(data, message);
      if (result !== undefined) this.#took(result, listeners[index - 1]!, message);
    } catch (error) {
      this.#host.failed(message, error);
    }
    while (index < length) this.#call(listeners[index++]!, message);
  }

  #call(listener: Listener, message: EventMessage): void {
    try {
      const result = listener(message.data, message);
      if (result !== undefined) this.#took(result, listener, message);
    } catch (error) {
      this.#host.failed(message, error);
    }
  }

  /** Looks after what a listener returned. */
  #took(result: unknown, listener: Listener, message: EventMessage): void {
    if (!isThenable(result)) return;
    result.then(undefined, (error: unknown) => this.#host.failed(message, error));
    const carrying = this.ambient.carrying(listener);
    if (carrying !== listener) this.#host.topics.get(message.name)?.replace(listener, carrying, message.key);
  }
}
