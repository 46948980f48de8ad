import { Order, type Runtime } from "@eventwire/queue";
import type { TaskCounts, TaskLimit } from "../../broker.js";
import type { Key } from "../../key.js";
import { type HeldTask, urgency } from "./held-task.js";
import { KeyLane } from "./key-lane.js";
import { Leases } from "./leases.js";
import { type Rate, Rates } from "./rates.js";
import { TaskHints } from "./task-hints.js";

/** A key that waits for its rate. */
interface Rest {
  readonly id: number;
  readonly at: number;
  readonly lane: KeyLane;
  readonly waiting: true;
  next: Rest | undefined;
}

/** The tasks of one name: those that wait, in the order in which they may be claimed, under lease, and dead. */
export class TaskLine {
  readonly leases = new Leases();
  /** In the order in which they died. */
  readonly dead = new Map<string, HeldTask>();
  readonly hints: TaskHints;
  readonly #runtime: Runtime;
  readonly #ready = new Order<HeldTask>(urgency);
  readonly #delayed = new Order<HeldTask>(({ dueAt }) => dueAt);
  readonly #lanes = new Map<Key, KeyLane>();
  readonly #resting = new Order<Rest>(({ at }) => at);
  readonly #rates = new Rates<"name">();
  readonly #keyRates = new Rates<Key>();
  #due = 0;
  #rests = 0;
  #paused = false;
  /** When the rate of the name lets another be claimed, where the last claim had to wait for it. */
  #limitedUntil: number | undefined = undefined;
  blocked = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.hints = new TaskHints(runtime, () => this.#nextAt());
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.changed();
  }

  /** Tells who watches that there may be something, and when. */
  changed(): void {
    if (!this.hints.watched) return;
    if (!this.#paused && (this.#due > 0 || this.#nextAt() <= this.#runtime.monotonic())) this.hints.wake();
    this.hints.setTimer();
  }

  /** A task waits, from when it is due on. */
  add(task: HeldTask): void {
    task.state = "waiting";
    if (task.dueAt > this.#runtime.monotonic()) this.#delay(task);
    else this.#becomeDue(task);
  }

  /** Ends the leases that are over, and lets those come that are due. To be called before what follows. */
  begin(limit: TaskLimit | undefined): void {
    if (this.#paused) return;
    for (const task of this.leases.takeOver(this.#runtime.monotonic())) this.add(task);
    this.#join();
    this.#wake(limit?.rate?.by !== "key");
  }

  /** The first that may be claimed now. */
  first(limit: TaskLimit | undefined): HeldTask | undefined {
    if (this.#paused || this.leases.size >= (limit?.concurrency ?? Number.POSITIVE_INFINITY))
      return undefined;
    const now = this.#runtime.monotonic();
    const rate = limit?.rate;
    const readyAt = rate?.by === "name" ? this.#rates.readyAt("name", rate) : now;
    this.#limitedUntil = readyAt > now ? readyAt : undefined;
    if (this.#limitedUntil !== undefined) return undefined;
    for (let task = this.#ready.first(); task; task = this.#ready.first()) {
      const { lane } = task;
      if (lane === undefined) return task;
      if (!lane.lets(task)) continue;
      const at = rate?.by === "key" ? this.#keyRates.readyAt(lane.key, rate) : now;
      if (at <= now) return task;
      lane.rest(task);
      this.#resting.add({ id: ++this.#rests, at, lane, waiting: true, next: undefined });
    }
    return undefined;
  }

  /** Takes the one that `first` gave. */
  claim(task: HeldTask, until: number, rate: (Rate & { readonly by: "name" | "key" }) | undefined): void {
    const now = this.#runtime.monotonic();
    if (task.lane) task.lane.take(task);
    else {
      this.#ready.remove(task);
      task.order = undefined;
    }
    this.#due -= 1;
    task.state = "claimed";
    task.attempt += 1;
    this.leases.set(task, until);
    if (rate?.by === "name") this.#rates.spend("name", rate, now);
    else if (rate && task.lane) this.#keyRates.spend(task.lane.key, rate, now);
  }

  /** What was claimed waits again, and holds its key. */
  retry(task: HeldTask): void {
    this.leases.delete(task);
    this.add(task);
  }

  /** What was claimed waits in its place, as if it had not been. */
  release(task: HeldTask): void {
    this.leases.delete(task);
    task.state = "waiting";
    this.#due += 1;
    if (task.lane) task.lane.release(task);
    else this.#toReady(task);
  }

  /** A task is not to be claimed any more: one that was claimed, or is cancelled. */
  leave(task: HeldTask): void {
    const { lane, order } = task;
    if (task.state === "blocked") this.blocked -= 1;
    else if (task.state === "claimed") this.leases.delete(task);
    else if (task.state === "waiting" && order !== this.#delayed) this.#due -= 1;
    const waited = task.state === "waiting";
    // Orders pass over what is cancelled.
    if (waited) task.state = "cancelled";
    if (lane) lane.left(task);
    else if (waited) order?.left();
    task.order = undefined;
    task.lane = undefined;
    if (lane?.idle) this.#lanes.delete(lane.key);
  }

  /** Who looks changes nothing: what has become due stays where it is until something is claimed. */
  isDelayed({ order, dueAt }: HeldTask): boolean {
    return order === this.#delayed && dueAt > this.#runtime.monotonic();
  }

  counts(): TaskCounts {
    let oldest: number | undefined;
    let waiting = 0;
    for (const { task } of this.#dueTasks()) {
      oldest = Math.min(oldest ?? task.time, task.time);
      waiting += 1;
    }
    return {
      waiting,
      delayed: this.#due + this.#delayed.length - waiting,
      blocked: this.blocked,
      claimed: this.leases.size,
      dead: this.dead.size,
      oldest,
      paused: this.#paused,
    };
  }

  *#dueTasks(): Generator<HeldTask, void, undefined> {
    for (const task of this.#delayed) if (!this.isDelayed(task)) yield task;
    yield* this.#ready;
    for (const lane of this.#lanes.values()) yield* lane;
  }

  #delay(task: HeldTask): void {
    this.#delayed.add(task);
    task.order = this.#delayed;
  }

  #join(): void {
    const now = this.#runtime.monotonic();
    for (let task = this.#delayed.first(); task && task.dueAt <= now; task = this.#delayed.first()) {
      this.#delayed.remove(task);
      task.order = undefined;
      this.#becomeDue(task);
    }
  }

  #becomeDue(task: HeldTask): void {
    const { key } = task.task;
    this.#due += 1;
    if (key === undefined) this.#toReady(task);
    else if (task.lane) task.lane.again(task);
    else {
      task.lane = this.#lanes.get(key) ?? new KeyLane(key, this.#ready);
      this.#lanes.set(key, task.lane);
      task.lane.add(task);
    }
  }

  /** @param all whether those that still rest are woken too, for who claims now has no such limit. */
  #wake(all: boolean): void {
    const now = this.#runtime.monotonic();
    for (let rest = this.#resting.first(); rest && (all || rest.at <= now); rest = this.#resting.first()) {
      this.#resting.remove(rest);
      const { lane } = rest;
      lane.wake();
      if (lane.idle) this.#lanes.delete(lane.key);
    }
  }

  #toReady(task: HeldTask): void {
    this.#ready.add(task);
    task.order = this.#ready;
  }

  #nextAt(): number {
    if (this.#paused) return Number.POSITIVE_INFINITY;
    const now = this.#runtime.monotonic();
    return Math.min(
      this.#delayed.first()?.dueAt ?? Number.POSITIVE_INFINITY,
      this.#resting.first()?.at ?? Number.POSITIVE_INFINITY,
      (this.#due > 0 ? this.#limitedUntil : undefined) ?? Number.POSITIVE_INFINITY,
      this.leases.nextAt(now),
    );
  }
}
