import { ClosedError } from "@eventwire/queue";
import type {
  Backing,
  DurableEvents,
  DurableOptions,
  FollowingFrom,
  FollowStart,
  JoinedMember,
  LogReader,
  NewWork,
  RemoteWorker,
  RemoteWorking,
  Working,
} from "../backing.js";
import type { Begun } from "../begun.js";
import type { Append, Broker, BrokerFeatures, TaskState } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import { taskDefinition } from "../contract.js";
import type { TaskDefinition } from "../definition.js";
import type { Group } from "../group.js";
import type { Logged } from "../keeper.js";
import type { Listener } from "../listeners.js";
import type { EventMessage, Offset, Receipt } from "../message.js";
import type { Since } from "../since.js";
import type { Topic } from "../topic.js";
import type { TaskQueue, TaskReceipt } from "../work.js";
import { Breath } from "./breath.js";
import { DurableIterator } from "./durable-iterator.js";
import { DurableSubscriber } from "./durable-subscriber.js";
import { Emits } from "./emits.js";
import { Enqueues } from "./enqueues.js";
import { Feed, type Follow, type Selection, type Sink, type Source } from "./feed.js";
import { GroupAdmin } from "./group-admin.js";
import { GroupMember } from "./group-member.js";
import { checkGroup, type GroupWish, groupOf } from "./group-options.js";
import { offsetOf, type Place, placeOf } from "./place.js";
import { Progress } from "./progress.js";
import { Reader } from "./reader.js";
import { Settlements } from "./settlements.js";
import { SharedReader } from "./shared-reader.js";
import { findPlace, findStart } from "./start.js";
import { Store } from "./store.js";
import { Tail } from "./tail.js";
import { TaskAdmin } from "./task-admin.js";
import { TaskStates } from "./task-states.js";
import { Turns } from "./turns.js";
import { type Wish, wishOf } from "./wish.js";
import { Worker, type WorkerSource } from "./worker.js";

/** How far the clocks of those who share a log may be apart, in milliseconds. */
const clockSkew = 60_000;
/** How many records are looked at together for one of them. */
const searchLimit = 500;
/** How many groups take shards at once. */
const takesAtOnce = 16;

/** Durable events and tasks of one bus, on a broker. */
export function openBacking(core: BusCore, broker: Broker): Backing {
  return new BrokerBacking(core, broker);
}

class BrokerBacking implements Backing {
  readonly #core: BusCore;
  readonly #store: Store;
  readonly #emits: Emits;
  readonly #enqueues: Enqueues;
  readonly #settlements: Settlements;
  readonly source: Source;
  /** For those who are elsewhere, of whom many may come at once. */
  readonly #shared: Source;
  readonly #workerSource: WorkerSource;
  readonly #subscribers = new Set<DurableSubscriber>();
  readonly #members = new Set<GroupMember>();
  readonly #workers = new Set<Worker>();
  /** By the name of the tasks. */
  readonly #states = new Map<string, TaskStates>();
  readonly #iterators = new Set<DurableIterator>();
  readonly #adopted = new Set<LogReader>();

  constructor(core: BusCore, broker: Broker) {
    this.#core = core;
    const { report } = core;
    const turn = (work: () => void) => core.dispatcher.run(work);
    const store = new Store(broker, core.runtime, report);
    const reader = new Reader(store, core.contract);
    const progress = new Progress();
    const tail = new Tail(store, reader, progress, turn);
    this.#store = store;
    this.#emits = new Emits(core, store, tail);
    this.#enqueues = new Enqueues(core, store);
    this.#settlements = new Settlements(store);
    const settlements = this.#settlements;
    this.#workerSource = {
      core,
      store,
      enqueues: this.#enqueues,
      settlements,
      progress,
      breath: new Breath(core.runtime),
    };
    this.source = { core, store, reader, tail, progress, takes: new Turns(core.runtime, takesAtOnce), turn };
    this.#shared = { ...this.source, reader: new SharedReader(store, core.contract) };
  }

  emit(message: EventMessage, data: unknown): Promise<Receipt> {
    return this.#emits.emit(message, data);
  }

  get durability(): BrokerFeatures["durability"] {
    return this.#store.broker.features.durability;
  }

  append(append: Append): Promise<Logged> {
    return this.#emits.append(append);
  }

  async has({ id, name, key, time }: Append): Promise<boolean> {
    let after = await this.#store.persist("find a time", () => this.#store.log.at(time - clockSkew));
    for (;;) {
      const page = await this.source.reader.read({ after, names: [name], key, limit: searchLimit });
      if (page.records.some((record) => record.id === id)) return true;
      if (page.scanned <= after) return false;
      after = page.scanned;
    }
  }

  async find(name: string, offset: Offset): Promise<EventMessage | undefined> {
    const place = placeOf(offset);
    if (!place || place.number < 1) return undefined;
    const page = await this.source.reader.read({ after: place.number - 1, names: [name], limit: 1 });
    const [record] = page.records;
    if (page.epoch !== place.epoch || record?.offset !== place.number) return undefined;
    const message = this.source.reader.message(record, page.epoch);
    if (message?.flaw) throw message.flaw;
    return message;
  }

  listen(pattern: string, topics: readonly Topic[], options: DurableOptions, call: Listener): Begun {
    const wish = wishOf(this.#core, pattern, topics, options);
    const { group, since } = options;
    if (group !== undefined) {
      return this.#member({ ...wish, ...groupOf(group, options), pattern }, this.#startOf(since), call);
    }
    const subscriber = new DurableSubscriber(this.source, wish, this.#following(wish, since), call);
    this.#subscribers.add(subscriber);
    return {
      ready: subscriber.ready,
      stop: () => {
        this.#subscribers.delete(subscriber);
        subscriber.stop();
      },
    };
  }

  iterate(name: string, topics: readonly Topic[], options: DurableOptions): DurableEvents {
    const wish = wishOf(this.#core, name, topics, options);
    const { signal, since } = options;
    const end = () => iterator.end();
    const iterator = new DurableIterator(this.#core.report, wish, this.#following(wish, since), () => {
      this.#iterators.delete(iterator);
      signal?.removeEventListener("abort", end);
    });
    this.#iterators.add(iterator);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
    return iterator;
  }

  join(
    pattern: string,
    topics: readonly Topic[],
    options: DurableOptions & { readonly group: string },
    start: () => Promise<FollowStart>,
    call: Listener,
  ): JoinedMember {
    const wish = wishOf(this.#core, pattern, topics, options);
    const find = async () => {
      const asked = await start();
      const { place } = await findStart(asked.since, this.#store, this.#emits);
      return this.#notBefore(asked, place, wish.gap);
    };
    return this.#member({ ...wish, ...groupOf(options.group, options), pattern }, find, call);
  }

  async follow(selection: Selection, asked: FollowStart, sink: Sink): Promise<FollowingFrom> {
    const { place: wanted, fresh } = await findStart(asked.since, this.#store, this.#emits);
    const place = await this.#notBefore(asked, wanted, (reason, from, to) => sink.gap(reason, from!, to));
    const feed = new Feed(this.#shared, sink, selection, place, fresh);
    return Object.assign(feed, { start: place });
  }

  /** The place, or that of the earliest time where it is before that. */
  async #notBefore({ earliest: time, instead }: FollowStart, place: Place, gap: Wish["gap"]): Promise<Place> {
    if (time === undefined) return place;
    const earliest = await findPlace(new Date(time), this.#store);
    const same = earliest.epoch === place.epoch;
    if (same && earliest.number <= place.number) return place;
    if (instead) throw instead;
    gap(same ? "denied" : "epoch", place, earliest);
    return earliest;
  }

  async position(): Promise<Offset> {
    if (this.#core.closed) throw new ClosedError("The log was not asked for its position");
    const { epoch, number } = await this.#emits.now();
    return offsetOf(epoch, number);
  }

  enqueue(work: NewWork): Promise<TaskReceipt> {
    return this.#enqueues.enqueue(work);
  }

  work(name: string, definition: TaskDefinition, working: Working): Begun {
    return this.#worker(name, definition, working);
  }

  #worker(name: string, definition: TaskDefinition, working: Working): Worker {
    for (const worker of this.#workers) if (worker.over) this.#workers.delete(worker);
    const worker = new Worker(this.#workerSource, name, definition, working);
    this.#workers.add(worker);
    return worker;
  }

  workFor(name: string, definition: TaskDefinition, remote: RemoteWorking): RemoteWorker {
    const { concurrency, timeout, lease } = remote;
    return this.#worker(name, definition, {
      concurrency,
      timeout,
      lease,
      worker: undefined,
      batch: undefined,
      remote,
    });
  }

  states(ids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    return this.#store.persist("tell how tasks stand", () => this.#store.tasks.states(ids));
  }

  tasks(name: string): TaskQueue {
    const definition = taskDefinition(this.#core.contract, name);
    const states = this.#states.get(name) ?? new TaskStates(this.#store, name);
    this.#states.set(name, states);
    return new TaskAdmin(this.#store, name, definition, states);
  }

  group(name: string): Group {
    return new GroupAdmin(this.#core.topics, this.#store, checkGroup(name));
  }

  adopt(reader: LogReader): () => void {
    this.#adopted.add(reader);
    return () => this.#adopted.delete(reader);
  }

  async drain(): Promise<void> {
    for (const worker of this.#workers) worker.stop();
    for (const member of this.#members) member.stop();
    for (const reader of this.#adopted) reader.closing();
    await Promise.all([this.#emits.idle(), this.#enqueues.idle()]);
    const { number } = await this.#emits.now();
    await this.source.progress.until(
      () =>
        [...this.#subscribers, ...this.#adopted].every((reader) => reader.finished(number)) &&
        [...this.#workers].every((worker) => worker.idle) &&
        [...this.#members].every((member) => member.over),
    );
    await Promise.all([...this.#adopted].map((reader) => reader.settle()));
    await this.#settlements.idle();
  }

  async close(drain: number): Promise<void> {
    for (const worker of this.#workers) worker.abandon();
    for (const member of this.#members) member.abandon();
    for (const reader of [...this.#subscribers, ...this.#adopted]) reader.stop();
    for (const iterator of this.#iterators) iterator.end();
    const closed = new ClosedError("What becomes of it was not waited for");
    for (const states of this.#states.values()) states.end(closed);
    await this.#store.close(drain);
  }

  /** The start is looked for at once. */
  #following(wish: Wish, since: Since | undefined): Follow {
    const start = findStart(since, this.#store, this.#emits);
    return async (sink) => {
      const { place, fresh } = await start;
      return new Feed(this.source, sink, wish, place, fresh);
    };
  }

  /** Where a group begins that is new. */
  #startOf(since: Since | undefined): () => Promise<Place> {
    const find = () => findStart(since, this.#store, this.#emits);
    // Asked for at once, as for who listens alone; anything else only if the group is new.
    const now = since === undefined || since === "now" ? find() : undefined;
    now?.catch(() => undefined);
    return async () => (await (now ?? find())).place;
  }

  #member(wish: GroupWish, start: () => Promise<Place>, call: Listener): GroupMember {
    for (const member of this.#members) if (member.over) this.#members.delete(member);
    const member = new GroupMember(this.source, wish, start, call);
    this.#members.add(member);
    void member.ended.then(() => {
      for (const other of this.#members) if (other.shares(wish)) other.look();
    });
    return member;
  }
}
