import type {
  Broker,
  ClaimedTask,
  EnqueuedTask,
  NewTask,
  Runtime,
  Settlement,
  TaskQuery,
  Tasks,
  Write,
} from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import type { LogBugs } from "./bugs.js";
import type { Moment } from "./log-state.js";
import type { Claim, Reclaim, TaskEntry, TaskStep } from "./task-entries.js";

type Reading = Pick<Tasks, "counts" | "dead" | "states" | "watch" | "watchStates">;

/**
 * What the steps of a journal come to: a broker in memory to which they are done again, each at its time. What is asked of it is done to it
 * at once, and gives the step that is to be kept; where that is not, another one takes its place.
 */
export class TaskReplica {
  /** What changes nothing. It is answered by how things stand now. */
  readonly reading: Reading;
  readonly #runtime: Runtime;
  readonly #bugs: LogBugs;
  readonly #live: () => Moment;
  readonly #broker: Broker;
  readonly #entries: TaskEntry[] = [];
  /** By which each task was claimed last. */
  readonly #tokens = new Map<string, number>();
  /** What others come after. */
  readonly #awaited = new Set<string>();
  /** When what is being done was done. */
  #moment: Moment | undefined;
  /** For how long the machine was up before the start of the newest entry, and how far that is from it: as the journal tells, and no clock. */
  #before = 0;
  #newest: Pick<Moment, "boot" | "uptime"> = { boot: "", uptime: 0 };
  #writes = 0;

  /** @param live what time it is for who asks. @param known for how long an id is known, in milliseconds. */
  constructor(runtime: Runtime, live: () => Moment, known: number, bugs: LogBugs) {
    this.#runtime = runtime;
    this.#bugs = bugs;
    this.#live = live;
    this.#broker = memory({
      dedupeWindow: known,
      runtime: this.#clocked(runtime),
    });
    void this.#broker.open();
    this.reading = this.#broker.tasks;
  }

  /** All that were done, in order. */
  get entries(): readonly TaskEntry[] {
    return this.#entries;
  }

  /** Does what another one has done. */
  add(entry: TaskEntry): void {
    this.#push(entry);
    this.#at(entry, () => this.#again(entry.step)).catch((error) => this.#runtime.uncaught(error));
  }

  async enqueue(batch: readonly NewTask[]): Promise<Enqueuing> {
    const moment = this.#live();
    const enqueued = await this.#at(moment, () => this.#broker.tasks.enqueue(this.#planned(batch)));
    return { enqueued, entries: this.#keepNew(batch, enqueued, moment) };
  }

  /** Does a step, and keeps it. */
  async take(step: Order): Promise<{ readonly entry: TaskEntry; readonly result: unknown }> {
    const moment = this.#live();
    const result = await this.#at(moment, () => this.#do(step));
    return { entry: this.#keep(step, moment), result };
  }

  async claim(query: TaskQuery): Promise<Claiming> {
    const moment = this.#live();
    const before = await this.#leases(query.names);
    const claimed = await this.#at(moment, () => this.#broker.tasks.claim(query));
    // One that brings nothing may have ended leases.
    const changed = claimed.length > 0 || (await this.#leases(query.names)) !== before;
    if (!changed) return { claimed };
    return { entry: this.#keep({ type: "claim", query, gave: claimed.map(claimOf) }, moment), claimed };
  }

  async reclaim(query: Reclaim): Promise<Claiming> {
    const moment = this.#live();
    const claimed = await this.#at(moment, () => this.#broker.tasks.reclaim(query));
    if (claimed.length === 0) return { claimed };
    return { entry: this.#keep({ type: "reclaim", query, gave: claimed.map(claimOf) }, moment), claimed };
  }

  async settle(
    batch: readonly Settlement[],
  ): Promise<{ readonly entry?: TaskEntry; readonly held: readonly boolean[] }> {
    const moment = this.#live();
    const held = await this.#at(moment, () => this.#broker.tasks.settle(this.#settled(batch)));
    const settlements = batch.filter((_, index) => held[index]);
    if (settlements.length === 0) return { held };
    return { entry: this.#keep({ type: "settle", settlements }, moment), held };
  }

  /** Settles all and enqueues all, or does nothing. */
  async write({ settle = [], enqueue = [] }: Pick<Write, "settle" | "enqueue">): Promise<TaskWritten> {
    this.#writes += 1;
    const id = `${this.#writes}`;
    const moment = this.#live();
    const written = await this.#at(moment, () =>
      this.#broker.write({ id, settle: this.#settled(settle), enqueue: this.#planned(enqueue) }),
    );
    if (written.type === "refused") return { lost: written.id };
    const { enqueued } = written;
    const ended = settle.length > 0 ? [this.#keep({ type: "settle", settlements: settle }, moment)] : [];
    return { entries: [...ended, ...this.#keepNew(enqueue, enqueued, moment)], enqueued };
  }

  /** Whether another comes after it, as far as that is known. */
  isAwaited(id: string): boolean {
    return this.#awaited.has(id);
  }

  async #again(step: TaskStep): Promise<unknown> {
    switch (step.type) {
      case "enqueue":
        return this.#broker.tasks.enqueue(this.#planned(step.tasks));
      case "settle":
        return this.#broker.tasks.settle(this.#settled(step.settlements));
      case "claim":
        return expectClaims(step.gave, await this.#broker.tasks.claim(step.query));
      case "reclaim":
        return expectClaims(step.gave, await this.#broker.tasks.reclaim(step.query));
      default:
        return this.#do(step);
    }
  }

  #do(step: Order): Promise<unknown> {
    const { tasks } = this.#broker;
    switch (step.type) {
      case "redrive":
        return tasks.redrive(step.name, step.ids);
      case "cancel":
        return tasks.cancel(step.name, step.ids);
      case "pause":
        return tasks.pause(step.name, step.paused);
      case "forget":
        return tasks.forget(step.name, step.before);
    }
  }

  /** What is to be settled, as the bugs let it be. */
  #settled(batch: readonly Settlement[]): readonly Settlement[] {
    const bugs = this.#bugs;
    return batch.map((settlement) => {
      const { id, token, outcome } = settlement;
      const isUncounted = outcome.type === "retry" && bugs.has("attempt-not-counted");
      const isBare = outcome.type === "done" && bugs.has("result-not-kept");
      const counts = bugs.has("token-not-checked") ? this.#tokens.get(id) : undefined;
      return {
        id,
        token: counts ?? token,
        outcome: isUncounted ? { type: "release" } : isBare ? { type: "done" } : outcome,
      };
    });
  }

  /** What is to be enqueued, as the bugs let it be. */
  #planned(batch: readonly NewTask[]): readonly NewTask[] {
    for (const { after = [] } of batch) for (const id of after) this.#awaited.add(id);
    return batch.map((task) => ({
      ...task,
      key: this.#bugs.has("keys-at-once") ? undefined : task.key,
      after: this.#bugs.has("after-not-waited-for") ? undefined : task.after,
    }));
  }

  /** What was known changes nothing. */
  #keepNew(
    batch: readonly NewTask[],
    enqueued: readonly EnqueuedTask[],
    moment: Moment,
  ): readonly TaskEntry[] {
    const tasks = batch.filter((_, index) => !enqueued[index]!.duplicate);
    return tasks.length > 0 ? [this.#keep({ type: "enqueue", tasks }, moment)] : [];
  }

  #keep(step: TaskStep, moment: Moment): TaskEntry {
    const entry: TaskEntry = { type: "task", step, ...moment };
    this.#push(entry);
    return entry;
  }

  #push(entry: TaskEntry): void {
    this.#before = this.#startOf(entry);
    this.#newest = entry;
    const { step } = entry;
    if (step.type === "claim" || step.type === "reclaim")
      for (const { id, token } of step.gave) this.#tokens.set(id, token);
    this.#entries.push(entry);
  }

  async #leases(names: readonly string[]): Promise<number> {
    let leases = 0;
    for (const name of new Set(names)) leases += (await this.reading.counts(name)).claimed;
    return leases;
  }

  /** What memory does it does before it returns. */
  #at<Result>(moment: Moment, work: () => Promise<Result>): Promise<Result> {
    this.#moment = moment;
    try {
      return work();
    } finally {
      this.#moment = undefined;
    }
  }

  /** By the times of the steps, and with nothing left to chance. */
  #clocked(runtime: Runtime): Runtime {
    return {
      now: () => this.#now.now,
      monotonic: () => this.#monotonic(),
      timer: (callback, milliseconds) => runtime.timer(callback, milliseconds),
      microtask: (callback) => runtime.microtask(callback),
      macrotask: (callback) => runtime.macrotask(callback),
      asyncStore: () => undefined,
      random: () => 0,
      randomId: () => "replica",
      uncaught: (error) => runtime.uncaught(error),
      log: (error) => runtime.log(error),
    };
  }

  get #now(): Moment {
    return this.#moment ?? this.#live();
  }

  /** Time passes while the machine is up. */
  #monotonic(): number {
    return this.#startOf(this.#now) + this.#now.uptime;
  }

  #startOf({ boot }: Moment): number {
    return boot === this.#newest.boot ? this.#before : this.#before + this.#newest.uptime;
  }
}

/** What somebody does to tasks that others do. */
type Order = Extract<TaskStep, { readonly type: "redrive" | "cancel" | "pause" | "forget" }>;

/** What is to be kept of what was enqueued, and what is told of it. */
export interface Enqueuing {
  readonly entries: readonly TaskEntry[];
  readonly enqueued: readonly EnqueuedTask[];
}

/** What became of tasks in a transaction; or whose lease was lost, and nothing was done. */
export type TaskWritten = { readonly lost: string } | ({ readonly lost?: undefined } & Enqueuing);

/** What was claimed, and what is to be kept of that. */
interface Claiming {
  readonly entry?: TaskEntry;
  readonly claimed: readonly ClaimedTask[];
}

function claimOf({ id, token, attempt }: ClaimedTask): Claim {
  return { id, token, attempt };
}

function expectClaims(gave: readonly Claim[], given: readonly Claim[]): void {
  if (textOf(given) === textOf(gave)) return;
  throw new Error(`What gave ${textOf(gave)} gives ${textOf(given)} when it is claimed again.`);
}

function textOf(claims: readonly Claim[]): string {
  return claims.map(({ id, token, attempt }) => `${id} ${token} ${attempt}`).join(", ");
}
