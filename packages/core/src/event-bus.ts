import { ClosedError, MisuseError } from "@eventwire/queue";
import { isAsyncFunction } from "./ambient.js";
import { type AskOptions, ask, askUplink } from "./ask.js";
import type { BatchWorking, DurableOptions, Worker } from "./backing.js";
import { Backlog } from "./backlog.js";
import type { Begun } from "./begun.js";
import type { Bus, HandlerContext, IterateOptions, ListenOptions } from "./bus.js";
import type { BusCore } from "./bus-core.js";
import { type Caused, Chain } from "./cause.js";
import { checkCount } from "./check-count.js";
import { type Contract, requestDefinition, taskDefinition, unknown } from "./contract.js";
import type { RequestDefinition, Side } from "./definition.js";
import type { Dispatcher } from "./dispatcher.js";
import { DeniedError } from "./errors/denied-error.js";
import { unhandledGap } from "./errors/gap-error.js";
import { EventIterator } from "./event-iterator.js";
import type { Gap } from "./gap.js";
import type { Group } from "./group.js";
import type { Handler } from "./handlers.js";
import type { Observer } from "./inspection.js";
import type { Key } from "./key.js";
import { lane } from "./lane.js";
import type { Listener } from "./listeners.js";
import { EventMessage, type Offset, type Receipt } from "./message.js";
import type { Middleware } from "./middleware.js";
import { isPattern, matches } from "./pattern.js";
import { reported } from "./reported.js";
import { type Subscription, subscription } from "./subscription.js";
import type { Topic } from "./topic.js";
import type { BatchOptions, EnqueueOptions, TaskQueue, TaskReceipt, WorkOptions } from "./work.js";

/** How the parts of Eventwire that work below the types reach into a bus, also one of another copy of the package. */
export const coreOf = Symbol.for("eventwire.core");

type AnyListener = (data: unknown, context: unknown) => unknown;
type Options = ListenOptions<Contract, string> & IterateOptions<Contract, string> & DurableOptions;

/** The bus behind the types of {@link Bus}: a view of one core through a contract. */
export class EventBus {
  readonly contract: Contract;
  readonly side: Side;
  readonly [coreOf]: BusCore;
  readonly #core: BusCore;
  readonly #dispatcher: Dispatcher;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #cause: Chain | undefined;
  readonly #isPart: boolean;
  #latest: Topic | undefined;

  /**
   * @param cause what leads to all that is done by this view. Default: what is under way.
   * @param isPart whether it was handed out by `narrow`.
   * @param topics those of the contract, where another view has them already.
   */
  constructor(
    core: BusCore,
    contract: Contract,
    cause?: Chain,
    isPart = false,
    topics = topicsOf(core, contract),
  ) {
    this.contract = contract;
    this.side = core.side;
    this.#core = core;
    this.#dispatcher = core.dispatcher;
    this.#cause = cause;
    this.#isPart = isPart;
    // In its own place, so that other views need not ask.
    if (cause) this.emit = (name, data) => this.#emitWithMore(this.#topic(name), data);
    this[coreOf] = core;
    this.#topics = topics;
  }

  emit(name: string, data: unknown): Promise<Receipt> | undefined {
    // Looked at first: emits come in bursts of one name, and a look at a Map takes as long as all the rest.
    const topic = this.#latest?.name === name ? this.#latest : this.#emitted(name);
    if (topic.plain && this.#dispatcher.state === 0) this.#dispatcher.emit(topic, data);
    else return this.#emitWithMore(topic, data);
    return undefined;
  }

  on(pattern: string, listener: AnyListener, options: Options = {}): Subscription {
    const { key, concurrency } = options;
    const plain: Listener = isPattern(pattern) ? (_, message) => listener(message, message) : listener;
    const waits = concurrency !== undefined || isAsyncFunction(listener);
    const call = waits ? this.#dispatcher.ambient.carrying(plain) : plain;
    if (concurrency === undefined) return this.#listen(pattern, options, call, call);
    checkCount("concurrency", concurrency, pattern);
    const backlog = this.#backlog(pattern, key, options.onGap);
    const live = lane({
      concurrency,
      call,
      backlog,
      deliveryOf: (name) => this.#topics.get(name)!.definition.delivery,
      failed: this.#core.failed,
    });
    return this.#listen(pattern, options, live, call, () => backlog.clear());
  }

  async once(name: string, options: Options = {}): Promise<unknown> {
    const iterator = this.events(name, options);
    const { done, value } = await iterator.next();
    if (!done) {
      void iterator.return?.();
      return value;
    }
    options.signal?.throwIfAborted();
    throw new ClosedError(`No "${name}" can come`, name);
  }

  events(name: string, options: Options = {}): AsyncIterableIterator<unknown, undefined> {
    const topic = this.#topic(name);
    const { delivery } = topic.definition;
    const { key, onGap } = options;
    const { keeper, closed } = this.#core;
    if (key !== undefined) checkKeyed(name, topic);
    if (delivery === "durable" && !closed) return keeper.iterate(topic, options);
    let stop: Subscription | undefined;
    let forgetClose: (() => void) | undefined;
    const iterator = new EventIterator(this.#backlog(name, key, onGap), () => {
      stop?.();
      forgetClose?.();
    });
    const end = () => iterator.end();
    const put: Listener = (_, message) => iterator.put(message, delivery);
    forgetClose = this.#core.onClose(end);
    stop = this.#listen(name, options, put, put, end);
    stop.ready.catch((error: unknown) => iterator.end(error));
    return iterator;
  }

  position(): Promise<Offset> {
    return this.#core.keeper.position();
  }

  request(name: string, input: unknown, options: AskOptions = {}): ReturnType<typeof ask> {
    const core = this.#core;
    const { definitions } = this.contract;
    const known = Object.hasOwn(definitions, name) ? (definitions[name] as RequestDefinition) : undefined;
    const streamed = known?.streamed === true;
    const { uplink, handlers } = core;
    if (uplink) {
      const question = { name, input, streamed, said: this.#cause };
      return askUplink(core, uplink, question, options, () => this.#askable(name));
    }
    const asked = core.asked(name, input, undefined, this.#cause);
    return ask(core, asked, streamed, options, () => {
      const definition = this.#askable(name);
      return ({ signal, taker }) => handlers.answer(asked, definition, signal, taker);
    });
  }

  handle(
    name: string,
    handler: (input: unknown, context: HandlerContext<never>) => unknown,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Subscription {
    const { by } = requestDefinition(this.contract, name);
    if (by !== this.side) {
      throw new DeniedError(`"${name}" is handled on the ${by}; this bus is on the ${this.side} side.`, {
        name,
      });
    }
    const end = this.#core.handlers.add(name, handler as Handler);
    this.#core.inspect?.({ type: "handling.started", name });
    return this.#subscription(() => {
      end();
      this.#core.inspect?.({ type: "handling.ended", name });
    }, signal);
  }

  enqueue(name: string, data: unknown, options: EnqueueOptions = {}): Promise<TaskReceipt> {
    const definition = taskDefinition(this.contract, name);
    this.#core.checkSends(name, definition.from);
    return this.#reported(this.#core.keeper.enqueue(name, definition, data, options, this.#cause));
  }

  work(name: string, worker: Worker, options: WorkOptions = {}): Subscription {
    const definition = taskDefinition(this.contract, name);
    const begun = this.#core.keeper.work(name, definition, worker, options);
    return this.#subscription(begun.stop, options.signal, begun.ready);
  }

  workBatch(name: string, worker: BatchWorking["worker"], options: BatchOptions = {}): Subscription {
    const definition = taskDefinition(this.contract, name);
    const begun = this.#core.keeper.workBatch(name, definition, worker, options);
    return this.#subscription(begun.stop, options.signal, begun.ready);
  }

  tasks(name: string): TaskQueue {
    taskDefinition(this.contract, name);
    return this.#core.keeper.tasks(name);
  }

  group(name: string): Group {
    return this.#core.keeper.group(name);
  }

  narrow(part: Contract): EventBus {
    for (const [name, definition] of Object.entries(part.definitions)) {
      if (this.contract.definitions[name] !== definition) {
        throw new MisuseError(`"${name}" of the part is not the definition that the bus has.`, { name });
      }
    }
    return new EventBus(this.#core, part, this.#cause, true);
  }

  causedBy(caused: Caused): EventBus {
    return new EventBus(this.#core, this.contract, this.#chainOf(caused), this.#isPart, this.#topics);
  }

  #chainOf(caused: Caused): Chain {
    // An event knows also whether observers are told of what it leads to.
    if (caused instanceof EventMessage) return this.#dispatcher.ambient.chainOf(caused);
    const { id, name, kind, cause, peer } = caused as Caused & { readonly peer?: unknown };
    if (!cause)
      throw new MisuseError("causedBy() takes a context itself: a { ...copy } lacks what led to it.");
    // A context says who sent it, a cause that was kept whether to trust it.
    const untrusted = caused.untrusted || (peer !== undefined && this.side === "server");
    return Chain.of({ id, name, kind, cause, untrusted });
  }

  inspect(observer: Observer, { signal }: { readonly signal?: AbortSignal } = {}): Subscription {
    // Its own function, so that one observer may observe twice.
    return this.#subscription(
      this.#core.observe((inspection) => observer(inspection)),
      signal,
    );
  }

  use(middleware: Middleware, { signal }: { readonly signal?: AbortSignal } = {}): Subscription {
    return this.#subscription(this.#core.use({ contract: this.contract, middleware }), signal);
  }

  close({ drain = 5_000 }: { readonly drain?: number } = {}): Promise<void> {
    if (drain >= 0 && !this.#isPart) return this.#core.close(drain);
    const words = this.#isPart
      ? "A part of a bus cannot end it, for others use it too. Close the bus that it was narrowed from."
      : `drain must be at least 0 milliseconds, or Infinity; it is ${drain}.`;
    return Promise.reject(new MisuseError(words));
  }

  /**
   * @param live called with live and volatile events.
   * @param stored called with durable ones.
   */
  #listen(
    pattern: string,
    options: Options,
    live: Listener,
    stored: Listener,
    end: () => void = nothing,
  ): Subscription {
    const { group, key, signal, onGap } = options;
    const topics = this.#matching(pattern);
    if (key !== undefined) for (const topic of topics) checkKeyed(pattern, topic);
    const kept = topics.filter(({ definition }) => definition.delivery === "durable");
    const others = kept.length > 0 ? topics.filter((topic) => !kept.includes(topic)) : topics;
    if (group !== undefined && others.length > 0) {
      throw new MisuseError(`"${pattern}" is not for a group: "${others[0]!.name}" is not durable.`, {
        name: pattern,
      });
    }
    let places: readonly number[] = [];
    let demands: readonly Begun[] = [];
    let forgetGaps: (() => void) | undefined;
    const stop = () => {
      forgetGaps?.();
      for (const [index, place] of places.entries()) this.#dispatcher.tidy(others[index]!.remove(place, key));
      for (const demand of demands) demand.stop();
      end();
      this.#core.inspect?.({ type: "listening.ended", pattern, key });
    };
    if (signal?.aborted) return subscription(end, signal);
    if (this.#core.closed) {
      const refusal = new ClosedError(`"${pattern}" is not listened to`, pattern);
      return this.#subscription(end, signal, Promise.reject(refusal));
    }
    this.#core.inspect?.({ type: "listening.started", pattern, key });
    const { gaps, keeper, uplink } = this.#core;
    if (onGap) {
      const names = others.map(({ name }) => name);
      forgetGaps = gaps.watch(names, key, onGap);
    }
    places = others.map((topic) => topic.add(live, key));
    if (uplink) {
      const asked = others.filter(({ definition }) => definition.from !== this.side);
      demands = asked.map(({ name }) => uplink.listen(name, key));
    }
    if (kept.length > 0) demands = [...demands, keeper.listen(pattern, kept, options, stored)];
    const ready =
      demands.length > 0 ? Promise.all(demands.map((demand) => demand.ready)).then(nothing) : undefined;
    ready?.catch((error: unknown) =>
      this.#core.inspect?.({ type: "listening.refused", pattern, key, error }),
    );
    return this.#subscription(stop, signal, ready);
  }

  /** It leaves nothing with a signal that outlives the bus. */
  #subscription(end: () => void, signal: AbortSignal | undefined, ready?: Promise<void>): Subscription {
    if (!signal) return subscription(end, undefined, ready, this.#refused);
    let forgetClose: (() => void) | undefined;
    const ended = () => {
      forgetClose?.();
      end();
    };
    const stop = subscription(ended, signal, ready, this.#refused);
    const leave = () => signal.removeEventListener("abort", stop);
    if (!signal.aborted) forgetClose = this.#core.onClose(leave);
    return stop;
  }

  /** What is refused, kept in a log, seen by others, or has to wait. */
  #emitWithMore(topic: Topic, data: unknown): Promise<Receipt> | undefined {
    if (topic.tapped && this.#dispatcher.state === 0 && !this.#cause) {
      this.#dispatcher.emitTapped(topic, data);
      return undefined;
    }
    const { name, definition } = topic;
    this.#core.checkSends(name, definition.from);
    if (definition.delivery === "durable") {
      return this.#reported(this.#core.keeper.emit(topic, data, this.#cause));
    }
    this.#core.emit(topic, data, this.#cause, (message) => this.#dispatcher.dispatch(topic, message));
    return undefined;
  }

  /** @throws {EventwireError} when this bus may not ask it. */
  #askable(name: string): RequestDefinition {
    const definition = requestDefinition(this.contract, name);
    this.#core.checkSends(name, definition.from);
    if (definition.by === "client") {
      const message = `"${name}" is answered by clients: ask one of them, by hub.to(peer).request().`;
      throw new DeniedError(message, { name });
    }
    if (this.#core.closed) throw new ClosedError(`"${name}" was not asked`, name);
    return definition;
  }

  #reported<Value>(promise: Promise<Value>): Promise<Value> {
    return reported(promise, this.#core.runtime, this.#core.report);
  }

  #emitted(name: string): Topic {
    this.#latest = this.#topic(name);
    return this.#latest;
  }

  #topic(name: string): Topic {
    return this.#topics.get(name) ?? unknown(name, "event");
  }

  #matching(pattern: string): readonly Topic[] {
    if (!isPattern(pattern)) return [this.#topic(pattern)];
    const topics = [...this.#topics.values()].filter((topic) => matches(pattern, topic.name));
    return topics.length > 0 || pattern === "*" ? topics : unknown(pattern, "event");
  }

  /** Reports a refusal that nobody awaits. The end of a bus is no error to who listens: components outlive it. */
  readonly #refused = (reason: unknown): void => {
    if (!(reason instanceof ClosedError)) this.#core.report(reason);
  };

  #backlog(name: string, key: Key | undefined, onGap: (gap: Gap) => void = unhandledGap): Backlog {
    return new Backlog((missed) => {
      const gap: Gap = { name, key, reason: "overflow", missed };
      this.#core.inspect?.({ type: "gap", gap });
      this.#core.attempt(() => onGap(gap));
    });
  }
}

function topicsOf({ topics }: BusCore, { definitions }: Contract): ReadonlyMap<string, Topic> {
  return new Map([...topics].filter(([name]) => Object.hasOwn(definitions, name)));
}

/** @throws {MisuseError} when its events have no key, so that who listens by one would never hear of them. */
function checkKeyed(pattern: string, { name, definition }: Topic): void {
  if (definition.key) return;
  throw new MisuseError(
    `"${pattern}" cannot be listened to by key: "${name}" has none. Give it one in the contract, or listen without.`,
    { name },
  );
}

function nothing(): undefined {
  return undefined;
}

/** Gives a bus its types; the one place where they meet the implementation. */
export function typed<C extends Contract, S extends Side>(bus: EventBus): Bus<C, S> {
  return bus as unknown as Bus<C, S>;
}
