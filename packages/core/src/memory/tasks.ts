import { createQueue, type Entry, OverflowError, type Queue, type Runtime } from "@eventwire/queue";
import type {
  ClaimedTask,
  DeadTask,
  EnqueuedTask,
  NewTask,
  Settlement,
  TaskCounts,
  TaskOutcome,
  TaskQuery,
  Tasks,
} from "../broker.js";
import { KnownIds } from "./known-ids.js";
import { Leases } from "./leases.js";

export interface TaskLimits {
  /** How many may wait. */
  readonly tasks: number;
  /** Of each name. */
  readonly deadTasks: number;
  readonly dedupeWindow: number;
}

/** A task, with its place in the order in which all of them came. */
interface Placed {
  readonly task: NewTask;
  readonly place: number;
}

/** Tasks in memory: an event queue for each name, and leases on what was claimed. */
export class MemoryTasks implements Tasks {
  readonly #runtime: Runtime;
  readonly #limits: TaskLimits;
  readonly #check: () => void;
  readonly #queues = new Map<string, Queue<Placed>>();
  readonly #known: KnownIds<true>;
  readonly #leases = new Leases<Entry<Placed>>();
  #size = 0;
  #place = 0;
  #token = 0;
  readonly #watchers = new Set<() => void>();
  #timer: { readonly due: number; readonly cancel: () => void } | undefined;

  /** @param check throws when the broker is closed. */
  constructor(runtime: Runtime, limits: TaskLimits, check: () => void) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#check = check;
    this.#known = new KnownIds(limits.dedupeWindow);
  }

  async enqueue(batch: readonly NewTask[]): Promise<readonly EnqueuedTask[]> {
    this.#check();
    const now = this.#runtime.monotonic();
    // An upper bound, so that all of a batch go in or none do.
    this.checkRoom(batch.length);
    return batch.map((task) => {
      const { id } = task;
      if (this.#known.get(id, now)) return { id, duplicate: true };
      this.#known.add(id, true, now);
      this.#offer(task);
      return { id, duplicate: false };
    });
  }

  async claim({ names, lease, limit }: TaskQuery): Promise<readonly ClaimedTask[]> {
    this.#check();
    this.#endLeases();
    const until = this.#runtime.monotonic() + lease;
    const claimed = this.#take(names, limit).map((entry) => {
      const { id, name, key, time, body } = entry.data.task;
      const token = ++this.#token;
      this.#leases.set(token, entry, until);
      return { id, name, key, time, body, token, attempt: entry.attempt };
    });
    this.#setTimer();
    return claimed;
  }

  async settle(batch: readonly Settlement[]): Promise<readonly boolean[]> {
    this.#check();
    const settled = batch.map(({ id, token, outcome }) => {
      const entry = this.#leases.get(token);
      if (entry?.data.task.id !== id) return false;
      this.#settle(token, entry, outcome);
      return true;
    });
    this.#setTimer();
    return settled;
  }

  /** The first whose lease is lost, where they are settled in this order. */
  firstLost(batch: readonly Settlement[]): Settlement | undefined {
    const over = new Set<number>();
    return batch.find(({ id, token, outcome }) => {
      if (over.has(token) || this.#leases.get(token)?.data.task.id !== id) return true;
      if (outcome.type !== "extend") over.add(token);
      return false;
    });
  }

  /**
   * @param settling what is settled before.
   * @throws {OverflowError} when so many more may not wait.
   */
  checkRoom(count: number, settling: readonly Settlement[] = []): void {
    const leaving = settling.filter(({ outcome }) => outcome.type === "done" || outcome.type === "dead");
    if (this.#size - leaving.length + count > this.#limits.tasks) throw this.#overflow();
  }

  watch(names: readonly string[], hint: (dueAt?: number) => void): () => void {
    const told = () => hint();
    const stops = names.map((name) => this.#queue(name).watch(told));
    this.#watchers.add(told);
    this.#setTimer();
    return () => {
      for (const stop of stops) stop();
      this.#watchers.delete(told);
      this.#setTimer();
    };
  }

  async counts(name: string): Promise<TaskCounts> {
    this.#check();
    const { depth, delayed, inFlight, dead } = this.#queue(name).stats();
    return { waiting: depth - delayed, delayed, claimed: inFlight, dead };
  }

  async dead(name: string, after?: string, limit = Number.POSITIVE_INFINITY): Promise<readonly DeadTask[]> {
    this.#check();
    const letters = this.#queue(name).dead();
    const from = after === undefined ? 0 : letters.findIndex(({ data }) => data.task.id === after) + 1;
    return letters.slice(from, from + limit).map(({ data, attempts, error, diedAt }) => {
      const { id, key, time, body } = data.task;
      return { id, name, key, time, body, attempt: attempts, reason: String(error), diedAt };
    });
  }

  async redrive(name: string, ids: readonly string[] | "all"): Promise<number> {
    this.#check();
    const queue = this.#queue(name);
    if (ids === "all") return this.#redriven(queue.redrive("all"));
    const wanted = new Set(ids);
    const letters = queue.dead().filter(({ data }) => wanted.has(data.task.id));
    return this.#redriven(queue.redrive(letters.map(({ id }) => id)));
  }

  #redriven(count: number): number {
    this.#size += count;
    return count;
  }

  #offer(task: NewTask): void {
    const { name, key, priority, dueAt } = task;
    const delay = dueAt === undefined ? 0 : Math.max(0, dueAt - this.#runtime.now());
    this.#queue(name).offer({ task, place: ++this.#place }, { key, priority, delay });
    this.#size += 1;
  }

  /** The first of all the names: each queue gives its own first, and takes back what another's outranks. */
  #take(names: readonly string[], limit: number): Entry<Placed>[] {
    const taken: Entry<Placed>[] = [];
    const queues = names.map((name) => this.#queue(name));
    const firsts = queues.map((queue) => queue.take());
    while (taken.length < limit) {
      let best = -1;
      for (const [index, entry] of firsts.entries()) {
        if (entry && (best < 0 || outranks(entry, firsts[best]!))) best = index;
      }
      if (best < 0) break;
      taken.push(firsts[best]!);
      firsts[best] = taken.length < limit ? queues[best]!.take() : undefined;
    }
    for (const entry of firsts) entry?.release();
    return taken;
  }

  #settle(token: number, entry: Entry<Placed>, outcome: TaskOutcome): void {
    if (outcome.type === "extend") {
      this.#leases.set(token, entry, this.#runtime.monotonic() + outcome.lease);
      return;
    }
    this.#leases.delete(token);
    if (outcome.type === "retry") {
      entry.retry(Math.max(0, outcome.at - this.#runtime.now()));
      return;
    }
    if (outcome.type === "release") {
      entry.release();
      return;
    }
    this.#size -= 1;
    if (outcome.type === "done") entry.done();
    else entry.fail(outcome.reason);
  }

  /** Until somebody claims, who had a task may still settle it. */
  #endLeases(): void {
    for (const entry of this.#leases.takeOver(this.#runtime.monotonic())) entry.retry();
  }

  /** Where somebody watches, the end of a lease is told as well, of which the queues do not know yet. */
  #setTimer(): void {
    const due = this.#watchers.size === 0 ? Number.POSITIVE_INFINITY : this.#leases.untold;
    if (due === this.#timer?.due) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (due === Number.POSITIVE_INFINITY) return;
    const ring = () => {
      this.#timer = undefined;
      const isOver = this.#leases.tell(this.#runtime.monotonic());
      this.#setTimer();
      if (isOver) for (const told of [...this.#watchers]) told();
    };
    const wait = Math.max(0, Math.ceil(due - this.#runtime.monotonic()));
    this.#timer = { due, cancel: this.#runtime.timer(ring, wait) };
  }

  #queue(name: string): Queue<Placed> {
    let queue = this.#queues.get(name);
    if (!queue) {
      const { deadTasks: deadLetters } = this.#limits;
      queue = createQueue({ name, capacity: Number.POSITIVE_INFINITY, deadLetters, runtime: this.#runtime });
      this.#queues.set(name, queue);
    }
    return queue;
  }

  #overflow(): OverflowError {
    return new OverflowError(
      `${this.#limits.tasks} tasks may wait, and so many do: enqueue less, work more, or raise { tasks }.`,
    );
  }
}

function outranks(one: Entry<Placed>, other: Entry<Placed>): boolean {
  return one.priority === other.priority ? one.data.place < other.data.place : one.priority > other.priority;
}
