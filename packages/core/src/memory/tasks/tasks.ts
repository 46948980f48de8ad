import { OverflowError, type Runtime } from "@eventwire/queue";
import type {
  ClaimedTask,
  DeadTask,
  EnqueuedTask,
  NewTask,
  Settlement,
  TaskCounts,
  TaskOutcome,
  TaskQuery,
  TaskState,
  Tasks,
} from "../../broker.js";
import { InvalidError } from "../../errors/invalid-error.js";
import { KnownIds } from "../known-ids.js";
import { HeldTask, outranks } from "./held-task.js";
import { KeptTasks } from "./kept-tasks.js";
import { StateHints } from "./state-hints.js";
import { TaskLine } from "./task-line.js";

export interface TaskBounds {
  /** How many may wait or be under way. */
  readonly tasks: number;
  /** Of each name. */
  readonly deadTasks: number;
  /** Of those that are over. */
  readonly keptTasks: number;
  /** Of what is kept of those that are over. */
  readonly bytes: number;
  readonly dedupeWindow: number;
}

/** Tasks in memory: a line for each name, and what is known of each task by its id. */
export class MemoryTasks implements Tasks {
  readonly #runtime: Runtime;
  readonly #bounds: TaskBounds;
  readonly #check: () => void;
  readonly #lines = new Map<string, TaskLine>();
  readonly #tasks = new Map<string, HeldTask>();
  readonly #known: KnownIds<"enqueued" | "cancelled">;
  readonly #kept: KeptTasks;
  readonly #stateHints: StateHints;
  /** How many wait or are under way. */
  #size = 0;
  #place = 0;
  #token = 0;

  /** @param check throws when the broker is closed. */
  constructor(runtime: Runtime, bounds: TaskBounds, check: () => void) {
    this.#runtime = runtime;
    this.#bounds = bounds;
    this.#check = check;
    this.#known = new KnownIds(bounds.dedupeWindow);
    this.#kept = new KeptTasks(bounds.keptTasks, bounds.bytes, (task) => this.#forget(task));
    this.#stateHints = new StateHints(runtime);
  }

  async enqueue(batch: readonly NewTask[]): Promise<readonly EnqueuedTask[]> {
    this.#enter();
    this.checkNew(batch);
    return batch.map((task) => {
      const { id } = task;
      if (this.#isKnown(id)) return { id, duplicate: true };
      this.#known.add(id, "enqueued", this.#runtime.monotonic());
      this.#add(task);
      return { id, duplicate: false };
    });
  }

  async claim({ names, owner, lease, limit, limits = {} }: TaskQuery): Promise<readonly ClaimedTask[]> {
    this.#enter();
    const lines = [...new Set(names)].map((name) => ({ line: this.#line(name), limit: limits[name] }));
    const until = this.#runtime.monotonic() + lease;
    const claimed: ClaimedTask[] = [];
    for (const { line, limit } of lines) line.begin(limit);
    const firsts = lines.map(({ line, limit }) => line.first(limit));
    while (claimed.length < limit) {
      let best = -1;
      for (const [index, task] of firsts.entries()) {
        if (task && (best < 0 || outranks(task, firsts[best]!))) best = index;
      }
      if (best < 0) break;
      const task = firsts[best]!;
      const { line, limit } = lines[best]!;
      task.token = ++this.#token;
      task.owner = owner;
      line.claim(task, until, limit?.rate);
      this.#stateHints.changed(task.task.name);
      claimed.push(claimOf(task));
      firsts[best] = line.first(limit);
    }
    if (claimed.length < limit) for (const { line } of lines) line.hints.arm();
    return claimed;
  }

  async reclaim({
    names,
    owner,
    lease,
  }: Pick<TaskQuery, "names" | "owner" | "lease">): Promise<readonly ClaimedTask[]> {
    this.#enter();
    const until = this.#runtime.monotonic() + lease;
    return [...new Set(names)].flatMap((name) => {
      const { leases } = this.#line(name);
      return leases.of(owner).map((task) => {
        task.token = ++this.#token;
        leases.set(task, until);
        this.#changed(task);
        return claimOf(task);
      });
    });
  }

  async settle(batch: readonly Settlement[]): Promise<readonly boolean[]> {
    this.#enter();
    return batch.map((settlement) => {
      const task = this.#held(settlement);
      if (task) this.#settle(task, settlement.outcome);
      return task !== undefined;
    });
  }

  /** The first whose lease is lost, where they are settled in this order. */
  firstLost(batch: readonly Settlement[]): Settlement | undefined {
    const over = new Set<HeldTask>();
    return batch.find((settlement) => {
      const task = this.#held(settlement);
      if (!task || over.has(task)) return true;
      if (settlement.outcome.type !== "extend") over.add(task);
      return false;
    });
  }

  /**
   * @param settling what is settled before.
   * @throws {OverflowError} when so many more may not wait: an upper bound, so that all of a batch go in or none do.
   * @throws {InvalidError} when one is to come after what never was.
   */
  checkNew(batch: readonly NewTask[], settling: readonly Settlement[] = []): void {
    const leaving = settling.filter(({ outcome }) => outcome.type === "done" || outcome.type === "dead");
    if (this.#size - leaving.length + batch.length > this.#bounds.tasks) throw this.#overflow();
    if (!batch.some(({ after }) => after)) return;
    const before = new Set<string>();
    for (const { id, name, after = [] } of batch) {
      const isNew = !this.#isKnown(id) && !before.has(id);
      for (const [index, other] of isNew ? after.entries() : []) {
        if (before.has(other) || this.#isKnown(other) || this.#tasks.has(other)) continue;
        const message = `there is no task "${other}" that it could come after`;
        throw new InvalidError(name, [{ message, path: ["after", index] }]);
      }
      before.add(id);
    }
  }

  watch(names: readonly string[], hint: (dueAt?: number) => void): () => void {
    const stops = names.map((name) => this.#line(name).hints.watch(() => hint()));
    return () => {
      for (const stop of stops) stop();
    };
  }

  async counts(name: string): Promise<TaskCounts> {
    this.#enter();
    return this.#line(name).counts();
  }

  async dead(name: string, after?: string, limit = Number.POSITIVE_INFINITY): Promise<readonly DeadTask[]> {
    this.#enter();
    const dead = [...this.#line(name).dead.values()];
    const from = after === undefined ? 0 : dead.findIndex(({ task }) => task.id === after) + 1;
    return dead.slice(from, from + limit).map(({ task, attempt, reason = "", diedAt }) => {
      const { id, key, time, body } = task;
      return { id, name, key, time, body, attempt, reason, diedAt };
    });
  }

  async redrive(name: string, ids: readonly string[] | "all"): Promise<number> {
    this.#enter();
    const { dead } = this.#line(name);
    const wanted = new Set(ids === "all" ? dead.keys() : ids);
    const queue = [...wanted].map((id) => dead.get(id));
    let count = 0;
    for (const task of queue) {
      if (task?.state !== "dead" || [...(task.waitsFor ?? [])].some(({ pending }) => !pending)) continue;
      dead.delete(task.task.id);
      task.attempt = 0;
      task.progress = undefined;
      task.reason = undefined;
      task.dueAt = 0;
      this.#begin(task);
      count += 1;
      for (const { task: other } of task.dependents ?? [])
        if (wanted.has(other.id)) queue.push(dead.get(other.id));
    }
    return count;
  }

  async cancel(name: string, ids: readonly string[]): Promise<number> {
    this.#enter();
    let count = 0;
    for (const id of ids) {
      const task = this.#tasks.get(id);
      if (task?.task.name !== name || task.state === "done" || task.state === "cancelled") continue;
      this.#leave(task);
      task.state = "cancelled";
      task.reason = undefined;
      this.#bury(task);
      // What comes after it later has to know that it was not done.
      this.#known.mark(id, "cancelled");
      this.#keep(task, this.#bounds.dedupeWindow);
      count += 1;
    }
    return count;
  }

  async pause(name: string, paused: boolean): Promise<void> {
    this.#enter();
    this.#line(name).pause(paused);
    this.#stateHints.changed(name);
  }

  async forget(name: string, before: number): Promise<number> {
    this.#enter();
    const forgotten = [...this.#line(name).dead.values()].filter(({ diedAt }) => diedAt < before);
    for (const task of forgotten) this.#forget(task);
    return forgotten.length;
  }

  async states(ids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    this.#enter();
    this.#kept.sweep(this.#runtime.monotonic());
    return ids.map((id) => {
      const held = this.#tasks.get(id);
      if (!held) return undefined;
      const { task, attempt, progress, result, reason } = held;
      const isDelayed = held.state === "waiting" && this.#line(task.name).isDelayed(held);
      const state = isDelayed ? "delayed" : held.state;
      return { id, name: task.name, key: task.key, state, attempt, progress, result, reason };
    });
  }

  watchStates(names: readonly string[], hint: () => void): () => void {
    return this.#stateHints.watch(names, hint);
  }

  /** Where a task of it is there, or was within the window. What is only kept of one that is over does not count. */
  #isKnown(id: string): boolean {
    if (this.#known.get(id, this.#runtime.monotonic())) return true;
    const task = this.#tasks.get(id);
    return task !== undefined && task.state !== "done" && task.state !== "cancelled";
  }

  #held({ id, token }: Settlement): HeldTask | undefined {
    const task = this.#tasks.get(id);
    return task?.state === "claimed" && task.token === token ? task : undefined;
  }

  #add(task: NewTask): void {
    const { id, dueAt, after = [] } = task;
    const before = this.#tasks.get(id);
    if (before) this.#kept.delete(before);
    const held = new HeldTask(++this.#place, task);
    this.#tasks.set(id, held);
    if (dueAt !== undefined) {
      held.dueAt = this.#runtime.monotonic() + Math.max(0, dueAt - this.#runtime.now());
    }
    let lost: string | undefined;
    for (const one of after) {
      const other = this.#tasks.get(one);
      // There may have been no room to keep it.
      const isCancelled = !other && this.#known.get(one, this.#runtime.monotonic()) === "cancelled";
      if (isCancelled) lost ??= reasonOf(one, "cancelled");
      if (!other || other.state === "done") continue;
      held.waitFor(other);
      if (!other.pending) lost ??= reasonOf(one, other.state);
    }
    if (lost !== undefined) this.#die(held, lost);
    else this.#begin(held);
  }

  /** A task waits from now on, or for others. */
  #begin(task: HeldTask): void {
    const line = this.#line(task.task.name);
    this.#size += 1;
    if (task.waitsFor) {
      task.state = "blocked";
      line.blocked += 1;
    } else line.add(task);
    this.#changed(task);
  }

  #settle(task: HeldTask, outcome: TaskOutcome): void {
    const line = this.#line(task.task.name);
    if (outcome.type === "extend") {
      line.leases.set(task, this.#runtime.monotonic() + outcome.lease);
      task.progress = outcome.progress ?? task.progress;
    } else if (outcome.type === "retry") this.#retry(task, outcome.at);
    else if (outcome.type === "release") {
      task.attempt -= 1;
      if (outcome.at !== undefined && outcome.at > this.#runtime.now()) this.#retry(task, outcome.at);
      else line.release(task);
    } else {
      this.#leave(task);
      if (outcome.type === "dead") this.#die(task, outcome.reason);
      else this.#done(task, outcome.result);
    }
    this.#changed(task);
  }

  #retry(task: HeldTask, at: number): void {
    task.dueAt = this.#runtime.monotonic() + Math.max(0, at - this.#runtime.now());
    this.#line(task.task.name).retry(task);
  }

  #done(task: HeldTask, result: Uint8Array | undefined): void {
    task.state = "done";
    task.result = result;
    const { dependents = [] } = task;
    task.unlink();
    for (const dependent of dependents) {
      if (dependent.state !== "blocked" || dependent.waitsFor) continue;
      const line = this.#line(dependent.task.name);
      line.blocked -= 1;
      line.add(dependent);
      this.#changed(dependent);
    }
    this.#keep(task);
  }

  #die(task: HeldTask, reason: string): void {
    this.#kill(task, reason);
    this.#bury(task);
  }

  /** Those that wait for a task that is dead or cancelled die, and those that wait for them. */
  #bury(task: HeldTask): void {
    const gone = [task];
    for (const one of gone) {
      for (const dependent of one.dependents ?? []) {
        if (dependent.state !== "blocked") continue;
        this.#leave(dependent);
        this.#kill(dependent, reasonOf(one.task.id, one.state));
        gone.push(dependent);
      }
    }
    // Only now, for what is forgotten holds up nobody.
    for (const name of new Set(gone.map(({ task }) => task.name))) {
      const { dead } = this.#line(name);
      for (const first of dead.values()) {
        if (dead.size <= this.#bounds.deadTasks) break;
        this.#forget(first);
      }
    }
  }

  #kill(task: HeldTask, reason: string): void {
    const { id, name } = task.task;
    task.state = "dead";
    task.reason = reason;
    task.diedAt = this.#runtime.now();
    this.#line(name).dead.set(id, task);
    this.#changed(task);
  }

  /** A task takes up no room any more, and holds up nothing of its key. */
  #leave(task: HeldTask): void {
    const line = this.#line(task.task.name);
    if (task.pending) {
      line.leave(task);
      this.#size -= 1;
    } else line.dead.delete(task.task.id);
    this.#changed(task);
  }

  #keep(task: HeldTask, atLeast = 0): void {
    const keep = Math.max(task.task.keep ?? 0, atLeast);
    if (!(keep > 0)) {
      this.#forget(task);
      return;
    }
    task.task = { ...task.task, body: new Uint8Array() };
    this.#kept.add(task, this.#runtime.monotonic() + keep);
  }

  #forget(task: HeldTask): void {
    const { id, name } = task.task;
    task.unlink();
    this.#line(name).dead.delete(id);
    if (this.#tasks.get(id) === task) this.#tasks.delete(id);
    this.#stateHints.changed(name);
  }

  #changed({ task: { name } }: HeldTask): void {
    this.#line(name).changed();
    this.#stateHints.changed(name);
  }

  #line(name: string): TaskLine {
    let line = this.#lines.get(name);
    if (!line) {
      line = new TaskLine(this.#runtime);
      this.#lines.set(name, line);
    }
    return line;
  }

  /** Before each operation. */
  #enter(): void {
    this.#check();
    this.#kept.sweep(this.#runtime.monotonic());
  }

  #overflow(): OverflowError {
    return new OverflowError(
      `${this.#bounds.tasks} tasks may wait, and so many do: enqueue less, work more, or raise { tasks }.`,
    );
  }
}

function claimOf({ task: { id, name, key, time, body }, token, attempt }: HeldTask): ClaimedTask {
  return { id, name, key, time, body, token, attempt };
}

/** Why a task dies that waits for another one. */
function reasonOf(id: string, state: TaskState["state"]): string {
  return `"${id}", which it was to come after, ${state === "cancelled" ? "was cancelled" : "is dead"}`;
}
