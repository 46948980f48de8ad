import { Backlog } from "./backlog.js";
import type { Bus, HandlerContext, IterateOptions, ListenOptions } from "./bus.js";
import { type BusCore, type Demand, durable, needsBroker, task } from "./bus-core.js";
import { type Contract, requestDefinition, unknown } from "./contract.js";
import { defaultTimeout, withDeadline } from "./deadline.js";
import type { Side } from "./definition.js";
import { ClosedError } from "./errors/closed-error.js";
import { DeniedError } from "./errors/denied-error.js";
import { GapError } from "./errors/gap-error.js";
import { ListenerError } from "./errors/listener-error.js";
import { MisuseError } from "./errors/misuse-error.js";
import { EventIterator } from "./event-iterator.js";
import type { Gap } from "./gap.js";
import type { Handler } from "./handlers.js";
import type { Key } from "./key.js";
import { lane } from "./lane.js";
import type { Listener } from "./listeners.js";
import { isPattern, matches } from "./pattern.js";
import { type Reply, reply } from "./reply.js";
import { type Subscription, subscription } from "./subscription.js";
import type { Topic } from "./topic.js";

/** How the parts of Eventwire that work below the types reach into a bus, also one of another copy of the package. */
export const coreOf = Symbol.for("eventwire.core");

type AnyListener = (data: unknown, context: unknown) => unknown;
type Options = ListenOptions<Contract, string> & IterateOptions<Contract, string> & { readonly key?: Key };

/** The bus behind the types of {@link Bus}: a view of one core through a contract. */
export class EventBus {
  readonly contract: Contract;
  readonly side: Side;
  readonly [coreOf]: BusCore;
  readonly #core: BusCore;
  readonly #topics = new Map<string, Topic>();

  constructor(core: BusCore, contract: Contract) {
    this.contract = contract;
    this.side = core.side;
    this.#core = core;
    this[coreOf] = core;
    for (const name of Object.keys(contract.definitions)) {
      const topic = core.topics.get(name);
      if (topic) this.#topics.set(name, topic);
    }
  }

  emit(name: string, data: unknown): Promise<never> | undefined {
    const topic = this.#topic(name);
    const { delivery, from } = topic.definition;
    // Asked here first: the call alone would cost an emit a tenth of its time.
    if (from !== "both" && from !== this.side) this.#core.checkSends(name, from);
    if (delivery === "durable") return Promise.reject(needsBroker(name, durable));
    this.#core.emit(topic, data);
    return undefined;
  }

  on(pattern: string, listener: AnyListener, options: Options = {}): Subscription {
    const { key, signal, concurrency } = options;
    const call: Listener["call"] = isPattern(pattern) ? (_, message) => listener(message, message) : listener;
    if (concurrency === undefined) return this.#listen(pattern, call, key, signal);
    checkConcurrency(pattern, concurrency);
    const backlog = this.#backlog(pattern, key, options.onGap);
    const accept = lane({
      concurrency,
      call,
      backlog,
      deliveryOf: (name) => this.#topics.get(name)!.definition.delivery,
      failed: (message, error) => this.#core.report(new ListenerError(message.name, message.id, error)),
    });
    return this.#listen(
      pattern,
      (_, message) => accept(message),
      key,
      signal,
      () => backlog.clear(),
    );
  }

  async once(name: string, options: Options = {}): Promise<unknown> {
    options.signal?.throwIfAborted();
    const iterator = this.events(name, options);
    const { done, value } = await iterator.next();
    if (!done) {
      void iterator.return?.();
      return value;
    }
    options.signal?.throwIfAborted();
    throw new ClosedError(`No "${name}" can come`, name);
  }

  events(name: string, { key, signal, onGap }: Options = {}): AsyncIterableIterator<unknown, undefined> {
    const { delivery } = this.#topic(name).definition;
    const backlog = this.#backlog(name, key, onGap);
    const stop = this.#listen(name, (_, message) => iterator.put(message, delivery), key, undefined);
    const end = () => iterator.end();
    const iterator = new EventIterator(backlog, () => {
      stop();
      forgetClose();
      signal?.removeEventListener("abort", end);
    });
    stop.ready.catch((error: unknown) => iterator.end(error));
    const forgetClose = this.#core.closed ? nothing : this.#core.onClose(end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted || this.#core.closed) end();
    return iterator;
  }

  request(
    name: string,
    input: unknown,
    options: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
  ): Reply<unknown, unknown> {
    return reply(this.#request(name, input, options));
  }

  handle(
    name: string,
    handler: (input: unknown, context: HandlerContext<never>) => unknown,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Subscription {
    requestDefinition(this.contract, name);
    if (this.side !== "server") {
      throw new DeniedError(`"${name}" is handled on the server; this bus is on the client side.`, { name });
    }
    return subscription(this.#core.handlers.add(name, handler as Handler), signal);
  }

  enqueue(name: string): Promise<never> {
    return Promise.reject(needsBroker(name, task));
  }

  work(name: string): Subscription {
    const refused = this.enqueue(name);
    return subscription(nothing, undefined, refused, this.#core.report);
  }

  narrow(part: Contract): EventBus {
    for (const [name, definition] of Object.entries(part.definitions)) {
      if (this.contract.definitions[name] !== definition) {
        throw new MisuseError(`"${name}" of the part is not the definition that the bus has.`, { name });
      }
    }
    return new EventBus(this.#core, part);
  }

  close({ drain = 5_000 }: { readonly drain?: number } = {}): Promise<void> {
    return this.#core.close(drain);
  }

  #listen(
    pattern: string,
    call: Listener["call"],
    key: Key | undefined,
    signal: AbortSignal | undefined,
    end: () => void = nothing,
  ): Subscription {
    const topics = this.#matching(pattern);
    if (key !== undefined) for (const topic of topics) checkKeyed(pattern, topic);
    const listener: Listener = { call };
    const demands: Demand[] = [];
    const stop = () => {
      for (const topic of topics) topic.remove(listener, key);
      for (const demand of demands) demand.stop();
      end();
    };
    if (signal?.aborted) return subscription(end, signal);
    if (this.#core.closed) {
      const refusal = new ClosedError(`"${pattern}" is not listened to`, pattern);
      return subscription(end, signal, Promise.reject(refusal), this.#refused);
    }
    const ready: Promise<void>[] = [];
    for (const topic of topics) {
      topic.add(listener, key);
      const { delivery, from } = topic.definition;
      if (delivery === "durable") ready.push(Promise.reject(needsBroker(topic.name, durable)));
      else if (this.#core.uplink && from !== this.side) {
        const demand = this.#core.uplink.listen(topic.name, key);
        demands.push(demand);
        ready.push(demand.ready);
      }
    }
    const all = ready.length > 0 ? Promise.all(ready).then(nothing) : undefined;
    return subscription(stop, signal, all, this.#refused);
  }

  async #request(
    name: string,
    input: unknown,
    { timeout = defaultTimeout, signal }: { readonly timeout?: number; readonly signal?: AbortSignal },
  ): Promise<unknown> {
    const definition = requestDefinition(this.contract, name);
    this.#core.checkSends(name, definition.from);
    if (this.#core.closed) throw new ClosedError(`"${name}" was not asked`, name);
    const { runtime, uplink, handlers } = this.#core;
    const onClose = (end: () => void) => this.#core.onClose(end);
    return withDeadline(runtime, name, { timeout, signal, onClose }, (aborting) =>
      uplink
        ? uplink.request(name, input, { timeout, signal: aborting })
        : handlers.answer(name, definition, input, undefined, aborting),
    );
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

  #backlog(name: string, key: Key | undefined, onGap: (gap: Gap) => void = unhandled): Backlog {
    return new Backlog((missed) =>
      this.#core.attempt(() => onGap({ name, key, reason: "overflow", missed })),
    );
  }
}

/** @throws {MisuseError} when its events have no key, so that who listens by one would never hear of them. */
function checkKeyed(pattern: string, { name, definition }: Topic): void {
  if (definition.key) return;
  throw new MisuseError(
    `"${pattern}" cannot be listened to by key: "${name}" has none. Give it one in the contract, or listen without.`,
    { name },
  );
}

/** @throws {MisuseError} */
function checkConcurrency(name: string, concurrency: number): void {
  const whole = Number.isInteger(concurrency) || concurrency === Number.POSITIVE_INFINITY;
  if (whole && concurrency >= 1) return;
  throw new MisuseError(
    `concurrency must be a whole number of at least 1, or Infinity; it is ${concurrency}.`,
    { name },
  );
}

function unhandled(gap: Gap): never {
  throw new GapError(gap);
}

function nothing(): undefined {
  return undefined;
}

/** Gives a bus its types; the one place where they meet the implementation. */
export function typed<C extends Contract, S extends Side>(bus: EventBus): Bus<C, S> {
  return bus as unknown as Bus<C, S>;
}
