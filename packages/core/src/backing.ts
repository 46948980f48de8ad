import { ClosedError, type EventwireError, MisuseError } from "@eventwire/queue";
import type { Following, Selection, Sink, Source } from "./backing/feed.js";
import type { Place } from "./backing/place.js";
import type { RemoteTask } from "./backing/task-message.js";
import { type Begun, refused } from "./begun.js";
import type { Append, Broker, BrokerFeatures, TaskState } from "./broker.js";
import type { BusCore } from "./bus-core.js";
import { capture } from "./capture.js";
import type { Chain } from "./cause.js";
import { checkCount } from "./check-count.js";
import { checkWork, defaultLease } from "./check-work.js";
import type { TaskDefinition } from "./definition.js";
import { emitDurable } from "./emit-durable.js";
import { describe } from "./errors/describe.js";
import { UnsupportedError } from "./errors/unsupported-error.js";
import type { Gap } from "./gap.js";
import type { Group, GroupOptions } from "./group.js";
import type { Keeper, Logged } from "./keeper.js";
import type { Key } from "./key.js";
import { laterBegun } from "./later-begun.js";
import { laterEvents } from "./later-events.js";
import type { EventMessage, Offset, Receipt } from "./message.js";
import type { Position, Since } from "./since.js";
import type { BatchTask, TaskContext } from "./task-context.js";
import type { Topic } from "./topic.js";
import type { BatchOptions, EnqueueOptions, TaskQueue, TaskReceipt, WorkOptions } from "./work.js";

/** How durable events are listened to. */
export interface DurableOptions extends GroupOptions {
  readonly key?: Key | undefined;
  readonly since?: Since | undefined;
  readonly concurrency?: number | undefined;
  readonly onGap?: ((gap: Gap) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A task on its way to the broker. */
export interface NewWork {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  /** What the contract's key function gave. */
  readonly key: unknown;
  readonly time: number;
  readonly cause: Chain | undefined;
  /** The definition's. */
  readonly keep: number;
  readonly options: EnqueueOptions;
}

export type Worker = (data: unknown, task: TaskContext) => unknown;

/** How the tasks of a name are done: one by one, or several together. */
export interface Working {
  readonly concurrency: number;
  readonly timeout: number | undefined;
  /** In milliseconds. */
  readonly lease: number;
  readonly worker: Worker | undefined;
  readonly batch: BatchWorking | undefined;
  readonly remote?: RemoteWorking | undefined;
}

/** How tasks are done by somebody elsewhere, one by one. */
export interface RemoteWorking {
  readonly concurrency: number;
  readonly timeout: number | undefined;
  /** In milliseconds. */
  readonly lease: number;
  /**
   * Has one done. Rejects with `Interrupted` where nobody will say what became of it: others may have it at once. This one
   * then rests a while where it was not begun, for the first to be claimed would be the same.
   */
  readonly give: (task: RemoteTask) => Promise<unknown>;
  /** By whom they are claimed: who comes back by the same name goes on with what is still under its lease. */
  readonly owner: string;
  /** Told that all leases were renewed, and for how many milliseconds they hold. */
  readonly renewed: (lease: number) => void;
  /** Told that nothing more is given. */
  readonly stopped: () => void;
}

/** Has tasks done by somebody elsewhere. */
export interface RemoteWorker extends Begun {
  /** Ends it and leaves what is under way to who comes back by the same name, or to the end of the leases. */
  leave(): void;
}

export interface BatchWorking {
  readonly worker: (tasks: readonly BatchTask[]) => unknown;
  /** How many it is given at most. */
  readonly size: number;
  /** How long it waits for more, in milliseconds. */
  readonly wait: number;
}

type Call = (data: unknown, message: EventMessage) => unknown;

/** Where a following begins. */
export interface FollowStart {
  readonly since: Position;
  /** The time before which it may not begin, in milliseconds since the Unix epoch: what would be before is a gap, `denied`. */
  readonly earliest?: number | undefined;
  /** What it is refused with instead of such a gap. */
  readonly instead?: EventwireError | undefined;
}

/** A member of a group that was joined for somebody elsewhere. */
export interface JoinedMember extends Begun {
  /** Resolves when it has given everything back, or has nothing any more. */
  readonly ended: Promise<void>;
}

/** A following, and where it begins. */
export interface FollowingFrom extends Following {
  readonly start: Place;
}

export type DurableEvents = AsyncIterableIterator<unknown, undefined>;

/**
 * What durable events and tasks need, and live ones do not: it is loaded when the first of them is used, so that nobody
 * else pays for it. All of it is asynchronous to its users anyway.
 */
export interface Backing {
  /** Takes the data of a message in at once: a later change of it changes nothing. */
  emit(message: EventMessage, data: unknown): Promise<Receipt>;
  /** What an event that the log has survives. */
  readonly durability: BrokerFeatures["durability"];
  /** Appends what was made for it elsewhere. Rejects with what the broker does. */
  append(append: Append): Promise<Logged>;
  /** Whether the log has an event by its id, looked for from its time on. */
  has(append: Append): Promise<boolean>;
  /** The event of a name at an offset; nothing where the log keeps it no longer, or has become another one. */
  find(name: string, offset: Offset): Promise<EventMessage | undefined>;
  /** @param pattern what was listened to, which stands for the topics. */
  listen(pattern: string, topics: readonly Topic[], options: DurableOptions, call: Call): Begun;
  /** Ends when the signal of the options aborts, once what was read has been taken. */
  iterate(name: string, topics: readonly Topic[], options: DurableOptions): DurableEvents;
  /**
   * Brings a sink that is elsewhere what it wants after a position, as a listener gets it; those that want the same share what is
   * read and made of it. Rejects as listening does.
   */
  follow(selection: Selection, from: FollowStart, sink: Sink): Promise<FollowingFrom>;
  /**
   * Joins a group for somebody elsewhere, who is asked by `call` to do each event. Who can no longer say what became of one
   * rejects with `Interrupted`, and stops.
   *
   * @param start asked where the group begins, if it is new.
   * @throws {MisuseError} when an option is not what it has to be.
   */
  join(
    pattern: string,
    topics: readonly Topic[],
    options: DurableOptions & { readonly group: string },
    start: () => Promise<FollowStart>,
    call: Call,
  ): JoinedMember;
  position(): Promise<Offset>;
  enqueue(work: NewWork): Promise<TaskReceipt>;
  work(name: string, definition: TaskDefinition, working: Working): Begun;
  /** Has the tasks of a name done by somebody elsewhere. */
  workFor(name: string, definition: TaskDefinition, working: RemoteWorking): RemoteWorker;
  tasks(name: string): TaskQueue;
  /** How tasks stand, whatever their names. */
  states(ids: readonly string[]): Promise<readonly (TaskState | undefined)[]>;
  group(name: string): Group;
  /** What reads the log by itself has this from it, and is taken into account at the end of the bus. */
  readonly source: Source;
  /** @returns what takes it back. */
  adopt(reader: LogReader): () => void;
  /** Resolves when nothing is under way any more. Nothing new is given to it meanwhile. */
  drain(): Promise<void>;
  /** Ends what is left. */
  close(drain: number): Promise<void>;
}

/** What reads the log by itself. */
export interface LogReader {
  /** The bus is about to end. */
  closing(): void;
  /** Whether it is done with all up to a place of the log. */
  finished(number: number): boolean;
  /** Resolves when what it is done with is kept. Called once it is finished, at the end of the bus. */
  settle(): Promise<void>;
  stop(): void;
}

export type OpenBacking = (core: BusCore, broker: Broker) => Backing;

/** A broker that comes with what opens its backing spares the bus the load, so that not even the first use waits. */
export const backingOf = Symbol.for("eventwire.backing");

/** The way to a backing that may have to be loaded first. What is asked of it meanwhile keeps its order. */
export class LazyBacking implements Keeper {
  readonly #core: BusCore;
  readonly #broker: Broker | undefined;
  #backing: Backing | undefined;
  #loading: Promise<Backing> | undefined;

  /** @param broker default: one in memory. */
  constructor(core: BusCore, broker: Broker | undefined) {
    this.#core = core;
    this.#broker = broker;
    this.#backing = broker && openerOf(broker)?.(core, broker);
  }

  /** Asks something of it: at once where it is loaded. Rejects with an `UnsupportedError` when it cannot be. */
  use<Result>(ask: (backing: Backing) => Promise<Result>): Promise<Result> {
    if (this.#backing) return ask(this.#backing);
    if (!this.#loading) {
      this.#loading = this.#load();
      // The first to follow, so that what is asked next comes after what waited.
      this.#loading.then((backing) => {
        this.#backing = backing;
      }, nothing);
    }
    return this.#loading.then(ask);
  }

  emit(topic: Topic, data: unknown, said: Chain | undefined): Promise<Receipt> {
    return emitDurable(this.#core, topic, data, said, (message) => {
      // A copy only here: it may lack what the contract's key function, or middleware, calls.
      const kept = this.#backing ? data : capture(data);
      return this.use((backing) => backing.emit(message, kept));
    });
  }

  get maxBodyBytes(): number {
    return this.#broker?.features.maxBodyBytes ?? Number.POSITIVE_INFINITY;
  }

  append(append: Append): Promise<Logged> {
    return this.use((backing) => backing.append(append));
  }

  has(append: Append): Promise<boolean> {
    return this.use((backing) => backing.has(append));
  }

  find(name: string, offset: Offset): Promise<EventMessage | undefined> {
    return this.use((backing) => backing.find(name, offset));
  }

  async enqueue(
    name: string,
    definition: TaskDefinition,
    data: unknown,
    options: EnqueueOptions,
    said: Chain | undefined,
  ): Promise<TaskReceipt> {
    const { closed, newId, runtime } = this.#core;
    if (closed) throw new ClosedError(`"${name}" was not enqueued`, name);
    const key: unknown = definition.key?.(data as never);
    const kept = this.#backing ? data : capture(data);
    const cause = this.#core.causeOr(said);
    const { keep } = definition;
    const work = { id: newId(), name, data: kept, key, time: runtime.now(), cause, keep, options };
    return this.use((backing) => backing.enqueue(work));
  }

  work(name: string, definition: TaskDefinition, worker: Worker, options: WorkOptions): Begun {
    const { concurrency = 1, timeout, lease = defaultLease, signal } = options;
    checkWork(name, options);
    return this.#work(name, definition, { concurrency, timeout, lease, worker, batch: undefined }, signal);
  }

  workBatch(
    name: string,
    definition: TaskDefinition,
    worker: BatchWorking["worker"],
    { size = 50, wait = 20, timeout, lease = defaultLease, signal }: BatchOptions,
  ): Begun {
    checkCount("size", size, name);
    checkWork(name, { timeout, lease });
    if (!(wait >= 0 && wait < Number.POSITIVE_INFINITY)) {
      throw new MisuseError(`wait must be a number of milliseconds, at least 0; it is ${wait}.`, { name });
    }
    const batch = { worker, size, wait };
    const working = { concurrency: size, timeout, lease, worker: undefined, batch };
    return this.#work(name, definition, working, signal);
  }

  #work(name: string, definition: TaskDefinition, working: Working, signal: AbortSignal | undefined): Begun {
    if (signal?.aborted) return { ready: Promise.resolve(), stop: nothing };
    if (this.#core.closed)
      return refused(Promise.reject(new ClosedError(`"${name}" is not worked on`, name)));
    return this.#begin((backing) => backing.work(name, definition, working));
  }

  listen(...listening: Parameters<Backing["listen"]>): Begun {
    return this.#begin((backing) => backing.listen(...listening));
  }

  position(): Promise<Offset> {
    return this.use((backing) => backing.position());
  }

  tasks(name: string): TaskQueue {
    const ask =
      <Args extends readonly unknown[], Result>(
        way: (queue: TaskQueue, ...args: Args) => Promise<Result>,
      ): ((...args: Args) => Promise<Result>) =>
      (...args) =>
        this.use(async (backing) => way(backing.tasks(name), ...args));
    return {
      counts: ask((queue) => queue.counts()),
      dead: ask((queue, options) => queue.dead(options)),
      redrive: ask((queue, ids) => queue.redrive(ids)),
      forget: ask((queue, options) => queue.forget(options)),
      result: ask((queue, id, options) => queue.result(id, options)),
      state: ask((queue, id) => queue.state(id)),
      watch: (id, options) =>
        laterEvents(this.use(async (backing) => backing.tasks(name).watch(id, options))),
      cancel: ask((queue, ids) => queue.cancel(ids)),
      pause: ask((queue) => queue.pause()),
      resume: ask((queue) => queue.resume()),
    };
  }

  group(name: string): Group {
    return {
      dead: (options) => this.use(async (backing) => backing.group(name).dead(options)),
      redrive: (ids) => this.use(async (backing) => backing.group(name).redrive(ids)),
      lag: (pattern, options) => this.use(async (backing) => backing.group(name).lag(pattern, options)),
    };
  }

  /** Begins a listening or a working. */
  #begin(begin: (backing: Backing) => Begun): Begun {
    return laterBegun<Backing>((ask) => this.use(ask), begin);
  }

  iterate(topic: Topic, options: DurableOptions): DurableEvents {
    return laterEvents(this.use(async (backing) => backing.iterate(topic.name, [topic], options)));
  }

  async drain(): Promise<void> {
    if (this.#backing || this.#loading) await this.use((backing) => backing.drain()).catch(nothing);
  }

  /** Ends it, if it was ever needed. If not, what is asked for later opens no broker that nobody would close. */
  async close(drain: number): Promise<void> {
    if (this.#backing) {
      await this.#backing.close(drain);
      return;
    }
    this.#loading ??= Promise.reject(new ClosedError("The broker was not asked"));
    this.#loading.then((backing) => backing.close(drain), nothing);
  }

  async #load(): Promise<Backing> {
    try {
      const broker = this.#broker ?? (await import("./memory.js")).memory({ runtime: this.#core.runtime });
      const open = openerOf(broker) ?? (await import("./backing/open-backing.js")).openBacking;
      return open(this.#core, broker);
    } catch (cause) {
      this.#loading = undefined;
      throw new UnsupportedError(`Durable events and tasks were not loaded: ${describe(cause)}`, {
        cause,
      });
    }
  }
}

function openerOf(broker: Broker): OpenBacking | undefined {
  return (broker as Partial<Record<typeof backingOf, OpenBacking>>)[backingOf];
}

/** Whoever waits for it is told by what they asked. */
function nothing(): undefined {
  return undefined;
}
