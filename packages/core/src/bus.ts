import type { Caused } from "./cause.js";
import type {
  AskedOfClients,
  Contract,
  Data,
  DurableName,
  ErrorsOf,
  EventName,
  InputOf,
  KeyOf,
  OutputOf,
  RequestName,
  ResultOf,
  SentBy,
  StreamedName,
  TaskName,
} from "./contract.js";
import type { Definition, Side } from "./definition.js";
import type { DeclaredError } from "./errors/declared-error.js";
import type { Gap } from "./gap.js";
import type { DeadEventOf, Group, GroupOptions } from "./group.js";
import type { Observer } from "./inspection.js";
import type { Context, MessagesByPattern, Offset, Peer, Receipt } from "./message.js";
import type { Middleware } from "./middleware.js";
import type { Matching, Pattern } from "./pattern.js";
import type { Reply } from "./reply.js";
import type { Since } from "./since.js";
import type { Subscription } from "./subscription.js";
import type { BatchResult, BatchTask, TaskContext, WorkerResult } from "./task-context.js";
import type { BatchOptions, EnqueueOptions, TaskQueue, TaskReceipt, WorkOptions } from "./work.js";

interface Abortable {
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

export interface RequestingOptions extends Abortable {
  /** How long it may take, in milliseconds, to answer, or where the answer is streamed, to begin. Default 10,000. */
  readonly timeout?: number | undefined;
}

interface Keyed<K> {
  /** Only events with this key. Default: all. */
  readonly key?: K | undefined;
}

interface Watching extends Abortable {
  /**
   * Told of events that this listener can never get. Default: reported to `onError`.
   */
  readonly onGap?: ((gap: Gap) => void) | undefined;
}

type Keyless<C extends Contract, N extends EventName<C>> = N extends unknown
  ? [KeyOf<C, N>] extends [never]
    ? N
    : never
  : never;

interface Replayed {
  /**
   * After what to begin: `"start"`, all that the log keeps; `"now"`; an offset; a time; or a function that finds one of
   * these. Default `"now"`.
   */
  readonly since?: Since | undefined;
}

/** `since` exists where all of the events are durable. */
type Replaying<C extends Contract, N extends EventName<C>, More> = [N] extends [DurableName<C>]
  ? Watching & Replayed & More
  : Watching;

type OptionsFor<C extends Contract, N extends EventName<C>, More = unknown> = [KeyOf<C, N>] extends [never]
  ? Replaying<C, N, More>
  : [Keyless<C, N>] extends [never]
    ? Replaying<C, N, More> & Keyed<KeyOf<C, N>>
    : Replaying<C, N, More>;

/** How to iterate the events of a name or pattern; `key` exists where all have one, `since` where all are durable. */
export type IterateOptions<C extends Contract, P extends string> = OptionsFor<
  C,
  Matching<EventName<C>, P> & EventName<C>
>;

/** How to listen to a name or pattern; `key` exists where all have one, `since` and `group` where all are durable. */
export type ListenOptions<C extends Contract, P extends string> = OptionsFor<
  C,
  Matching<EventName<C>, P> & EventName<C>,
  GroupOptions
> & {
  /**
   * How many events an asynchronous listener works on at once; the others wait in a buffer of 256, or of the newest
   * of each key where the event is volatile. Default: no limit.
   */
  readonly concurrency?: number | undefined;
};

/** What `emit` returns: a promise of a receipt where the event is durable, nothing otherwise. */
export type Emitted<C extends Contract, N extends EventName<C>> =
  N extends DurableName<C>
    ? Promise<Receipt>
    : // biome-ignore lint/suspicious/noConfusingVoidType: it is what emit returns, so void is what hovers should say.
      void;

/** What the compiler shows for a name that this side may not send. */
export interface NotSentBy<S extends Side, N extends string> {
  readonly "see 'from' in the contract": [S, N];
}
export type Sendable<C extends Contract, Kind extends Definition["kind"], S extends Side, N extends string> =
  N extends SentBy<C, Kind, S> ? N : NotSentBy<S, N>;

/** What the compiler shows for a request that is asked of one peer: by `hub.to(peer).request(...)`. */
export interface AskedOfPeers<N extends string> {
  readonly "clients answer it: see 'by' in the contract": [N];
}
/** A request that this side may ask its bus. */
export type Askable<C extends Contract, S extends Side, N extends string> =
  N extends AskedOfClients<C> ? AskedOfPeers<N> : Sendable<C, "request", S, N>;

/** What the compiler shows for a request that the other side answers. */
export interface NotDoneBy<S extends Side, N extends string> {
  readonly "see 'by' in the contract": [S, N];
}
/** A request that this side may answer. */
export type Handleable<C extends Contract, S extends Side, N extends string> = S extends "client"
  ? N extends AskedOfClients<C>
    ? N
    : NotDoneBy<S, N>
  : N extends AskedOfClients<C>
    ? NotDoneBy<S, N>
    : N;

/** What `request` returns: a promise of the answer; where it is streamed, an iterator of its items. */
export type Answer<C extends Contract, N extends RequestName<C>> =
  N extends StreamedName<C> ? AsyncIterableIterator<OutputOf<C, N>> : Reply<OutputOf<C, N>, ErrorsOf<C, N>>;

type Stream<Item> = AsyncIterable<Item> | Iterable<Item>;
/**
 * What answers a request: returns the answer, or a promise of it; where it is streamed, what can be iterated. A choice between
 * two functions and not between what they return, so that a generator knows what it is to yield.
 */
export type RequestHandler<C extends Contract, N extends RequestName<C>> =
  N extends StreamedName<C>
    ? (
        input: InputOf<C, N>,
        context: HandlerContext<ErrorsOf<C, N>>,
      ) => Stream<OutputOf<C, N>> | Promise<Stream<OutputOf<C, N>>>
    : (
        input: InputOf<C, N>,
        context: HandlerContext<ErrorsOf<C, N>>,
      ) => OutputOf<C, N> | Promise<OutputOf<C, N>>;

/** What a handler knows of the request that it answers. */
export interface HandlerContext<Errors = unknown> extends Caused {
  readonly kind: "request";
  /** Who asks; `undefined` when it was asked on this bus. */
  readonly peer: Peer | undefined;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Makes a declared error, to be thrown: `throw context.error("UnknownAirport", { code })`. */
  error<N extends keyof Errors & string>(code: N, detail: Errors[N]): DeclaredError<N, Errors[N]>;
}

/** The half of a bus that is the same on every side: code that only listens takes this. */
export interface Listening<C extends Contract> {
  readonly contract: C;

  /**
   * Calls `listener` for each event of a name, or of a pattern (`"flight.*"`, `"*"`) as a discriminated union.
   * An error of a listener goes to `onError` and stops neither the other listeners nor the emitter.
   *
   * @example
   * ```ts
   * const stop = bus.on("flight.departed", (departure, context) => board.add(departure), { key: "UA1" });
   * await stop.ready; // in force; rejects when this side may not listen
   * stop();
   * ```
   */
  on<N extends EventName<C>>(
    name: N,
    listener: (data: Data<C, N>, context: Context<N, KeyOf<C, N>>) => unknown,
    options?: ListenOptions<C, N>,
  ): Subscription;
  on<P extends Pattern<EventName<C>>>(
    pattern: P,
    listener: (message: MessagesByPattern<C>[P]) => unknown,
    options?: ListenOptions<C, P>,
  ): Subscription;

  /**
   * Resolves with the data of the next event. Rejects with the signal's reason, and with a `ClosedError`.
   *
   * @example
   * ```ts
   * const alert = await bus.once("alert.raised", { signal: AbortSignal.timeout(5_000) });
   * ```
   */
  once<N extends EventName<C>>(name: N, options?: IterateOptions<C, N>): Promise<Data<C, N>>;

  /**
   * Iterates the events of a name from now on. Up to 256 wait while the loop works (of a volatile event the newest of
   * each key); beyond that the oldest go and `onGap` is told. Ends when the signal aborts or the bus closes.
   *
   * @example
   * ```ts
   * for await (const departure of bus.events("flight.departed", { signal })) await store(departure);
   * ```
   */
  events<N extends EventName<C>>(name: N, options?: IterateOptions<C, N>): AsyncIterableIterator<Data<C, N>>;

  /**
   * Where the log of durable events is now: after all that this bus emitted before. Take it, load the state that the events
   * change, then listen with `since`, and nothing between the two is missed.
   *
   * Rejects with an `UnsupportedError` on a client's bus, and with a `ClosedError`.
   *
   * @example
   * ```ts
   * const since = await bus.position();
   * const orders = await loadOrders();
   * bus.on("order.placed", (order) => orders.add(order), { since });
   * ```
   */
  position(): Promise<Offset>;
}

/**
 * A typed event bus: the subject of the observer pattern, and more. `S` is the side it is on, which decides what it may
 * send. Made by `createBus`, or by the `connect` of a link.
 */
export interface Bus<C extends Contract, S extends Side = "server"> extends Listening<C> {
  readonly side: S;

  /**
   * Fans an event out to every listener. An idle bus runs its listeners before this returns; what a listener emits
   * runs after the current event has reached all its listeners.
   *
   * A durable event of a client waits in its outbox until the server's log has it, and is sent over the next connection where there is
   * none. Its receipt rejects with why the server refuses it, with an `OverflowError` when too much waits, with a `ClosedError` when the
   * bus ends before, and with an `OutcomeUnknownError` when the log was restored, so that nobody can tell.
   *
   * @returns nothing; for a durable event, a promise of its receipt.
   * @throws {OverflowError} when more events wait than the mailbox holds.
   * @throws {ClosedError} when the bus is closed.
   *
   * @example
   * ```ts
   * bus.emit("alert.raised", { level: "info", text: "Runway 28L is open again" });
   * ```
   */
  emit<N extends EventName<C>>(name: Sendable<C, "event", S, N>, data: Data<C, N>): Emitted<C, N>;

  /**
   * Puts work into a queue, to be done by one worker. Resolves when the broker has it; rejects with an `InvalidError` when
   * it cannot be kept, with an `OverflowError` when too much waits, with an `OutcomeUnknownError` when the broker failed for
   * too long to tell, with a `ClosedError`, and with an `UnsupportedError` on a client's bus.
   *
   * @example
   * ```ts
   * await bus.enqueue("flight.divert", { flight: "UA1", to: "OAK" }, { delay: 60_000, dedupe: "UA1" });
   * ```
   */
  enqueue<N extends TaskName<C>>(
    name: Sendable<C, "task", S, N>,
    data: Data<C, N>,
    options?: EnqueueOptions,
  ): Promise<TaskReceipt>;

  /**
   * Does the tasks of a name: each is done by one worker, those of one key one at a time and in order. One that fails is
   * tried again as its definition says, then it is dead; its last error goes to `onError`. A task is done at least once: when
   * a process ends in the middle of it, another worker begins it again.
   *
   * `ready` rejects with an `UnsupportedError` on a client's bus.
   *
   * @throws {MisuseError} when an option is not what it has to be.
   *
   * @example
   * ```ts
   * bus.work("flight.divert", async (diversion, task) => {
   *   await tower.announce(diversion, { signal: task.signal, idempotencyKey: task.id });
   * }, { concurrency: 8 });
   * ```
   */
  work<N extends TaskName<C>>(
    name: N,
    worker: (data: Data<C, N>, task: TaskContext<N, KeyOf<C, N>, C, S>) => WorkerResult<ResultOf<C, N>>,
    options?: WorkOptions,
  ): Subscription;

  /**
   * Does the tasks of a name in batches, one batch at a time. When the worker returns, or its promise resolves, all of them are done
   * but those that were made to `fail`; when it throws, all have failed, and each is tried again as its definition says. What it emits
   * is known to be caused by one of them where `causedBy` says so.
   *
   * @throws {MisuseError} when an option is not what it has to be.
   *
   * @example
   * ```ts
   * bus.workBatch("flight.divert", async (tasks) => {
   *   const refused = await tower.announceAll(tasks.map(({ data }) => data));
   *   for (const index of refused) tasks[index]?.fail(new Error("refused"));
   * }, { size: 100, wait: 50 });
   * ```
   */
  workBatch<N extends TaskName<C>>(
    name: N,
    worker: (tasks: readonly BatchTask<C, N, S>[]) => BatchResult<ResultOf<C, N>>,
    options?: BatchOptions,
  ): Subscription;

  /**
   * The tasks of a name, to look at, to wait for and to mend.
   *
   * @example
   * ```ts
   * const tasks = bus.tasks("flight.divert");
   * console.log(await tasks.counts());
   * await tasks.cancel(id);
   * for (const { data, reason } of await tasks.dead()) console.log(data.flight, reason);
   * await tasks.redrive("all");
   * ```
   */
  tasks<N extends TaskName<C>>(name: N): TaskQueue<Data<C, N>, KeyOf<C, N>, ResultOf<C, N>>;

  /**
   * A group of listeners by its name, to look at what it has given up and to mend it.
   *
   * @example
   * ```ts
   * const billing = bus.group("billing");
   * for (const { name, key, reason } of await billing.dead()) console.log(name, key, reason);
   * await billing.redrive("all");
   * ```
   */
  group(name: string): Group<DeadEventOf<C>>;

  /**
   * Asks the handler of a request. Rejects with a declared error, or with `Timeout` (default after 10,000 ms),
   * `NoHandler`, `Denied`, `Invalid`, `Disconnected`, `Overflow`, `Unsupported`, `Aborted`, `Closed` or `Internal`.
   *
   * A request with items gives an iterator of them. It is asked when the first item is, goes on as fast as items are taken, and
   * ends with the loop that takes them. What is said above is thrown to that loop, behind the items that came before.
   * `timeout` is then how long it may take to begin: until the handler has given what it iterates. From there on it takes
   * as long as it takes; `signal` ends it.
   *
   * @example
   * ```ts
   * const stats = await bus.request("airport.stats", { airport: "SFO" }, { timeout: 2_000 });
   * const outcome = await bus.request("airport.stats", { airport: "?" }).result();
   * if (!outcome.ok && outcome.error.code === "UnknownAirport") suggest(outcome.error.detail.nearest);
   * for await (const movement of bus.request("airport.watch", { airport: "SFO" }, { signal })) board.show(movement);
   * ```
   */
  request<N extends RequestName<C>>(
    name: Askable<C, S, N>,
    input: InputOf<C, N>,
    options?: RequestingOptions,
  ): Answer<C, N>;

  /**
   * Answers a request: on the server, or on clients where its definition says `by: "client"`. One handler a name. One
   * with items returns something that can be iterated, best an async generator: it is asked for no more than is wanted, and
   * ended by its `return()` when nobody wants more.
   *
   * @throws {MisuseError} when the request has a handler already.
   *
   * @example
   * ```ts
   * bus.handle("airport.stats", ({ airport }, context) => {
   *   const stats = airports.get(airport);
   *   if (!stats) throw context.error("UnknownAirport", { airport });
   *   return stats;
   * });
   * bus.handle("airport.watch", async function* ({ airport }, { signal }) {
   *   for await (const movement of radar.watch(airport, { signal })) yield movement;
   * });
   * ```
   */
  handle<N extends RequestName<C>>(
    name: Handleable<C, S, N>,
    handler: RequestHandler<C, N>,
    options?: Abortable,
  ): Subscription;

  /**
   * The same bus, seen through a part of its contract: what a module gets that needs no more. It does all that the bus does but
   * `close`, which rejects with a `MisuseError`: the bus is ended by who made it.
   *
   * @throws {MisuseError} when a definition of `part` is not one of this bus's contract.
   */
  narrow<P extends Contract>(part: P & PartOf<C, P>): Bus<P, S>;

  /**
   * The same bus; what is emitted, asked and enqueued through it was caused by an event, a task or a request. What a
   * listener, a handler or a worker does at once is known to be caused by it anyway; and on platforms with `AsyncLocalStorage`
   * what it does until its promise has settled: an `async` function from its first call on, another one from the call after
   * the first that returned a promise. This says it where nothing else can: in browsers after an `await`, in a timer, for what
   * was kept and is done later.
   *
   * @throws {MisuseError} when it is given `{ ...context }`, which lacks what a context computes.
   *
   * @example
   * ```ts
   * bus.on("order.placed", (order, context) => {
   *   setTimeout(() => bus.causedBy(context).emit("order.forgotten", order), 60_000);
   * });
   * ```
   */
  causedBy(cause: Caused): Bus<C, S>;

  /**
   * Tells `observer` of everything noteworthy: what is emitted, delivered, asked and done, what fails, who comes and goes.
   * It is called at once and must return soon. What it throws is reported. What it brings about at once it is not told of,
   * nor what that leads to, so that it cannot observe itself for ever. Costs nothing while nobody observes.
   *
   * @example
   * ```ts
   * const stop = bus.inspect((inspection) => {
   *   if (inspection.type === "delivered" && inspection.milliseconds > 50) console.warn("slow", inspection.message.name);
   * });
   * ```
   */
  inspect(observer: Observer, options?: Abortable): Subscription;

  /**
   * Runs middleware around emits, handlers and workers, of the names in this bus's contract. The first one used is the
   * outermost.
   *
   * @example
   * ```ts
   * bus.use({
   *   emit(message, next) {
   *     console.log(message.name, message.cause.length);
   *     next();
   *   },
   *   async handle(request, next) {
   *     const timer = metrics.start(request.name);
   *     await next().finally(() => timer.stop());
   *   },
   * });
   * ```
   */
  use(middleware: Middleware<C>, options?: Abortable): Subscription;

  /**
   * Ends the bus: nothing more is taken in, what waits is delivered, handlers at work get `drain` milliseconds
   * (default 5,000), then iterators end and links close. A second call waits for the first. Rejects with a `MisuseError`
   * when `drain` is no number of at least 0; the bus then goes on.
   */
  close(options?: { readonly drain?: number | undefined }): Promise<void>;
}

/** What the compiler shows when a contract is not a part of the bus's own. */
type PartOf<C extends Contract, P extends Contract> = C["definitions"] extends P["definitions"]
  ? unknown
  : { "eventwire: this contract has messages that the bus does not have": never };
