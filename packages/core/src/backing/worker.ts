import { ClosedError } from "@eventwire/queue";
import type { Working } from "../backing.js";
import type { Begun } from "../begun.js";
import type { ClaimedTask, TaskLimit, TaskOutcome, TaskQuery } from "../broker.js";
import type { TaskDefinition } from "../definition.js";
import { BrokerError } from "../errors/broker-error.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import { restTime } from "../released.js";
import type { Breath } from "./breath.js";
import { Hints } from "./hints.js";
import type { Progress } from "./progress.js";
import { Run, type RunSource } from "./run.js";
import { TaskRunner } from "./task-runner.js";

/** How many tasks are claimed at once at most. */
const maxClaim = 100;
/** How often a worker may be lost with a task, beyond its attempts, before the task is taken for the cause. */
const maxLosses = 2;
/** How long after a hint it is looked whether a task that is under way was cancelled, and without one where hints can be lost, in milliseconds. */
const lookAfter = 200;
const lookWithout = 800;

export interface WorkerSource extends RunSource {
  readonly progress: Progress;
  readonly breath: Breath;
}

/** Has the tasks of one name done: claims as many as it has room for, and keeps their leases while they are under way. */
export class Worker implements Begun {
  readonly ready: Promise<void>;
  readonly #source: WorkerSource;
  readonly #name: string;
  readonly #attempts: number;
  readonly #working: Working;
  readonly #query: Omit<TaskQuery, "limit">;
  readonly #runner: TaskRunner;
  readonly #runs = new Set<Run>();
  /** Those that wait for their batch. */
  #gathered: Run[] = [];
  #isBatchDue = false;
  #cancelBatch: (() => void) | undefined;
  readonly #hints: Hints;
  #unwatch: (() => void) | undefined;
  #cancelBeat: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelRest: (() => void) | undefined;
  #claiming = false;
  #stopped = false;

  constructor(source: WorkerSource, name: string, definition: TaskDefinition, working: Working) {
    const { core, store } = source;
    this.#source = source;
    this.#name = name;
    this.#attempts = definition.attempts;
    this.#working = working;
    const limit = limitOf(definition);
    const limits = limit && { limits: { [name]: limit } };
    const owner = working.remote?.owner ?? core.newId();
    this.#query = { names: [name], owner, lease: working.lease, ...limits };
    this.#runner = new TaskRunner(source, definition, working, (run, rest) => this.#over(run, rest));
    this.#hints = new Hints(store, () => void this.#claim());
    this.ready = store.insist("watch its tasks", async () => {
      if (limit && !store.broker.features.tasks.limits) {
        this.stop();
        const message = `"${name}" is limited over all workers, but the broker cannot do that (tasks.limits).`;
        throw new UnsupportedError(message, { name });
      }
      if (working.remote) await this.#adopt();
      if (this.#stopped) return;
      const unwatch = store.tasks.watch([name], (dueAt) => this.#hints.hint(dueAt));
      const unwatchStates = store.tasks.watchStates([name], () => this.#lookLater());
      this.#unwatch = () => {
        unwatch();
        unwatchStates();
      };
      void this.#claim();
    });
  }

  /** Whether nothing is under way, a claim included: what that brings has to be given back. */
  get idle(): boolean {
    return this.#runs.size === 0 && !this.#claiming;
  }

  /** Whether it will do nothing more. */
  get over(): boolean {
    return this.#stopped && this.idle;
  }

  /** Begins nothing more. */
  stop(): void {
    if (!this.#stopped) this.#working.remote?.stopped();
    this.#stopped = true;
    this.#hints.stop();
    for (const run of this.#gathered.splice(0)) this.#runner.giveBack(run);
    this.#cancelBatch?.();
    if (this.#runs.size === 0) this.#rest();
  }

  /** Tells what is under way that it has no effect any more. */
  abandon(): void {
    this.stop();
    for (const run of this.#runs) {
      run.end();
      this.#over(run);
      run.controller.abort(new ClosedError(`"${this.#name}" was not done`, this.#name));
    }
  }

  /** What is under way has no effect by this one, and stays under its lease. */
  leave(): void {
    this.stop();
    for (const run of this.#runs) {
      run.end();
      this.#over(run);
    }
  }

  /** Goes on with what its owner has under a lease. Who went by that before, and may not know that it is gone, has lost it. */
  async #adopt(): Promise<void> {
    const { core, store } = this.#source;
    const until = core.runtime.monotonic() + this.#query.lease;
    const held = await store.tasks.reclaim(this.#query);
    if (this.#stopped) return;
    for (const task of held) this.#begin(task, until);
  }

  async #claim(): Promise<void> {
    if (this.#claiming || this.#cancelRest) return;
    this.#claiming = true;
    const { core, store } = this.#source;
    try {
      for (let more = true; more && !this.#stopped && !this.#cancelRest && this.#room > 0; ) {
        // A broker in memory, and tasks that wait for nothing, would else let nothing else be done.
        const breath = this.#source.breath.due;
        if (breath) {
          await breath;
          continue;
        }
        this.#hints.clear();
        const limit = Math.min(this.#room, maxClaim);
        let until = 0;
        const claimed = await store.insist("claim tasks", () => {
          until = core.runtime.monotonic() + this.#query.lease;
          return store.tasks.claim({ ...this.#query, limit });
        });
        for (const task of claimed) this.#begin(task, until);
        more = claimed.length === limit || this.#hints.hinted;
      }
      if (!this.#stopped && this.#room > 0) this.#hints.wait();
    } catch (error) {
      this.stop();
      if (!(error instanceof ClosedError)) core.report(error);
    }
    this.#claiming = false;
    this.#source.progress.made();
  }

  /** In batches, one is under way at a time. */
  get #room(): number {
    const { concurrency, batch } = this.#working;
    return batch && this.#runs.size > this.#gathered.length ? 0 : concurrency - this.#runs.size;
  }

  #begin(task: ClaimedTask, until: number): void {
    const run = new Run(this.#source, this.#runner, task, until);
    if (this.#stopped) {
      this.#runner.giveBack(run);
      return;
    }
    if (task.attempt > this.#attempts + maxLosses) {
      this.#runner.die(run, new Error("its workers were lost, each time it was tried"));
      return;
    }
    this.#runs.add(run);
    this.#beat();
    this.#lookWithout();
    if (this.#working.batch) this.#gather(run, this.#working.batch.wait);
    else this.#runner.do(run);
  }

  #gather(run: Run, wait: number): void {
    this.#gathered.push(run);
    this.#cancelBatch ??= this.#source.core.runtime.timer(() => {
      this.#isBatchDue = true;
      this.#beginBatch();
    }, wait);
    this.#beginBatch();
  }

  #beginBatch(): void {
    const { length } = this.#gathered;
    const isDue = this.#isBatchDue || length >= this.#working.concurrency;
    if (length === 0 || !isDue || this.#runs.size > length) return;
    this.#cancelBatch?.();
    this.#cancelBatch = undefined;
    this.#isBatchDue = false;
    this.#runner.doTogether(this.#gathered.splice(0));
  }

  #over(run: Run, rest = false): void {
    this.#runs.delete(run);
    if (rest && !this.#stopped) {
      this.#cancelRest ??= this.#source.core.runtime.timer(() => {
        this.#cancelRest = undefined;
        void this.#claim();
      }, restTime);
    }
    const index = this.#gathered.indexOf(run);
    if (index >= 0) this.#gathered.splice(index, 1);
    if (this.#runs.size === 0) {
      this.#cancelBeat?.();
      this.#cancelBeat = undefined;
      this.#cancelLook?.();
      this.#cancelLook = undefined;
      if (this.#stopped) this.#rest();
    }
    this.#beginBatch();
    this.#source.progress.made();
    void this.#claim();
  }

  #rest(): void {
    this.#cancelRest?.();
    this.#cancelRest = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** Keeps the leases of what is under way, from time to time. */
  #beat(): void {
    this.#cancelBeat ??= this.#source.core.runtime.timer(() => {
      this.#cancelBeat = undefined;
      void this.#extend();
      if (this.#runs.size > 0) this.#beat();
    }, this.#query.lease / 3);
  }

  async #extend(): Promise<void> {
    const { core, store } = this.#source;
    const { lease } = this.#query;
    const now = core.runtime.monotonic();
    const runs = [...this.#runs];
    if (runs.length === 0) return;
    // Also of leases that are over by the clock here: nobody else may have asked for them.
    const outcome: TaskOutcome = { type: "extend", lease };
    try {
      const held = await store.tasks.settle(runs.map(({ task: { id, token } }) => ({ id, token, outcome })));
      for (const [index, run] of runs.entries()) {
        if (held[index]) run.until = Math.max(run.until, now + lease);
        else void this.#runner.refused(run);
      }
      this.#working.remote?.renewed(now + lease - core.runtime.monotonic());
    } catch (error) {
      // The next beat tries again: as long as nobody says that the lease is lost, it may hold.
      if (!(error instanceof ClosedError)) core.report(new BrokerError("extend a lease", error));
    }
  }

  /** Something has changed, maybe what is under way here. */
  #lookLater(after = lookAfter): void {
    if (this.#runs.size === 0) return;
    this.#cancelLook ??= this.#source.core.runtime.timer(() => void this.#look(), after);
  }

  #lookWithout(): void {
    if (this.#source.store.broker.features.scope !== "process") this.#lookLater(lookWithout);
  }

  async #look(): Promise<void> {
    this.#cancelLook = undefined;
    const runs = [...this.#runs];
    try {
      const states = await this.#source.store.tasks.states(runs.map(({ task }) => task.id));
      for (const [index, run] of runs.entries()) {
        const state = states[index];
        if (state?.state === "claimed" && state.attempt === run.task.attempt) continue;
        this.#runner.lost(run, this.#runner.isCancelled(run, state));
      }
    } catch {
      // The next beat tells as well.
    }
    this.#lookWithout();
  }
}

function limitOf({ concurrency, rate }: TaskDefinition): TaskLimit | undefined {
  if (concurrency === undefined && rate === undefined) return undefined;
  return { concurrency, rate: rate && { ...rate, by: rate.by ?? "name" } };
}
