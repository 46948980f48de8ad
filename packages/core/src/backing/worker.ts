import { AttemptTimeoutError, backoff, ClosedError } from "@eventwire/queue";
import type { Worker as WorkerFunction } from "../backing.js";
import type { Begun } from "../begun.js";
import type { ClaimedTask, TaskOutcome } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import type { TaskDefinition } from "../definition.js";
import { BrokerError } from "../errors/broker-error.js";
import { DeadError } from "../errors/dead-error.js";
import { LeaseLostError } from "../errors/lease-lost-error.js";
import { aroundAsync } from "../layers.js";
import type { WorkOptions } from "../work.js";
import { decodeBody } from "./body.js";
import { Hints } from "./hints.js";
import type { Progress } from "./progress.js";
import { reasonOf } from "./reason.js";
import type { Settlements } from "./settlements.js";
import type { Store } from "./store.js";
import { TaskMessage } from "./task-message.js";

/** For how long a claim holds unless it is extended, in milliseconds. */
const lease = 30_000;
/** How many tasks are claimed at once at most. */
const maxClaim = 100;
/** How often a worker may be lost with a task, beyond its attempts, before the task is taken for the cause. */
const maxLosses = 2;

/** A task under way here. */
interface Run {
  readonly task: ClaimedTask;
  readonly controller: AbortController;
  readonly start: number;
  /** When the lease is over, on the monotonic clock. */
  until: number;
  over: boolean;
  cancelTimeout?: () => void;
}

export interface WorkerSource {
  readonly core: BusCore;
  readonly store: Store;
  readonly settlements: Settlements;
  readonly progress: Progress;
}

/** Does the tasks of one name: claims as many as it has room for, keeps their leases while it is at work, and settles them. */
export class Worker implements Begun {
  readonly ready: Promise<void>;
  readonly #source: WorkerSource;
  readonly #name: string;
  readonly #definition: TaskDefinition;
  readonly #work: WorkerFunction;
  readonly #concurrency: number;
  readonly #timeout: number | undefined;
  readonly #owner: string;
  readonly #backoff: (attempt: number) => number;
  readonly #runs = new Set<Run>();
  readonly #hints: Hints;
  #unwatch: (() => void) | undefined;
  #cancelBeat: (() => void) | undefined;
  #claiming = false;
  #stopped = false;

  constructor(
    source: WorkerSource,
    name: string,
    definition: TaskDefinition,
    work: WorkerFunction,
    { concurrency = 1, timeout }: WorkOptions,
  ) {
    const { core, store } = source;
    this.#source = source;
    this.#name = name;
    this.#definition = definition;
    this.#work = work;
    this.#concurrency = concurrency;
    this.#timeout = timeout;
    this.#owner = core.newId();
    this.#backoff = backoff(definition.backoff, () => core.runtime.random());
    this.#hints = new Hints(store, () => void this.#claim());
    this.ready = store.persist("watch its tasks", async () => {
      if (this.#stopped) return;
      this.#unwatch = store.tasks.watch([name], (dueAt) => this.#hints.hint(dueAt));
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
    this.#stopped = true;
    this.#unwatch?.();
    this.#hints.stop();
  }

  /** Tells what is under way that it has no effect any more. */
  abandon(): void {
    this.stop();
    for (const run of this.#runs) {
      this.#over(run);
      run.controller.abort(new ClosedError(`"${this.#name}" was not done`, this.#name));
    }
  }

  async #claim(): Promise<void> {
    if (this.#claiming) return;
    this.#claiming = true;
    const { core, store } = this.#source;
    try {
      for (let more = true; more && !this.#stopped && this.#room > 0; ) {
        this.#hints.clear();
        const limit = Math.min(this.#room, maxClaim);
        const query = { names: [this.#name], owner: this.#owner, lease, limit };
        let until = 0;
        const claimed = await store.persist("claim tasks", () => {
          until = core.runtime.monotonic() + lease;
          return store.tasks.claim(query);
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

  get #room(): number {
    return this.#concurrency - this.#runs.size;
  }

  #begin(task: ClaimedTask, until: number): void {
    const { core } = this.#source;
    const { attempt } = task;
    if (this.#stopped) {
      this.#settle(task, { type: "release" });
      return;
    }
    const start = core.runtime.monotonic();
    const run: Run = { task, controller: new AbortController(), start, until, over: false };
    if (attempt > this.#definition.attempts + maxLosses) {
      this.#die(run, new Error("its workers were lost, each time it was tried"));
      return;
    }
    this.#runs.add(run);
    this.#beat();
    if (this.#timeout !== undefined) this.#limit(run, this.#timeout);
    void this.#do(run);
  }

  async #do(run: Run): Promise<void> {
    const { core, store } = this.#source;
    const { id, name, key, attempt } = run.task;
    core.inspect?.({ type: "task.started", id, name, key, attempt });
    try {
      const body = store.check(this.#definition.schema, name, decodeBody(run.task.body));
      const message = new TaskMessage(run.task, body, run.controller.signal);
      await aroundAsync(core.layersOf("work", name), message, () =>
        core.dispatcher.ambient.causingBy(this.#work, message.chain, () => this.#work(message.data, message)),
      );
      this.#done(run);
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #limit(run: Run, milliseconds: number): void {
    const { id, name } = run.task;
    run.cancelTimeout = this.#source.core.runtime.timer(() => {
      const error = new AttemptTimeoutError(name, id, milliseconds);
      this.#failed(run, error);
      run.controller.abort(error);
    }, milliseconds);
  }

  #done(run: Run): void {
    if (run.over) return;
    const { id, name, key, attempt } = run.task;
    const milliseconds = this.#over(run);
    this.#settle(run.task, { type: "done" });
    this.#source.core.inspect?.({ type: "task.done", id, name, key, attempt, milliseconds });
  }

  #failed(run: Run, error: unknown): void {
    if (run.over) return;
    const { id, name, key, attempt } = run.task;
    if (attempt >= this.#definition.attempts) {
      this.#die(run, error);
      return;
    }
    const milliseconds = this.#over(run);
    const { core } = this.#source;
    const delay = this.#backoff(attempt);
    this.#settle(run.task, { type: "retry", at: core.runtime.now() + delay });
    core.inspect?.({ type: "task.retried", id, name, key, attempt, error, delay, milliseconds });
  }

  #die(run: Run, error: unknown): void {
    const { id, name, key, attempt } = run.task;
    const milliseconds = this.#over(run);
    const { core } = this.#source;
    this.#settle(run.task, { type: "dead", reason: reasonOf(error) });
    core.inspect?.({ type: "task.died", id, name, key, attempt, error, milliseconds });
    core.report(new DeadError(name, id, attempt, error));
  }

  #lost(run: Run): void {
    if (run.over) return;
    const { id, name } = run.task;
    const error = new LeaseLostError(name, id);
    this.#over(run);
    run.controller.abort(error);
    this.#source.core.report(error);
  }

  /** @returns how long it took, in milliseconds. */
  #over(run: Run): number {
    run.over = true;
    run.cancelTimeout?.();
    this.#runs.delete(run);
    if (this.#runs.size === 0) {
      this.#cancelBeat?.();
      this.#cancelBeat = undefined;
    }
    this.#source.progress.made();
    void this.#claim();
    return this.#source.core.runtime.monotonic() - run.start;
  }

  #settle({ id, name, token }: ClaimedTask, outcome: TaskOutcome): void {
    const { core, settlements } = this.#source;
    settlements.settle({ id, token, outcome }).then(
      (held) => {
        if (!held) core.report(new LeaseLostError(name, id));
      },
      (error: unknown) => {
        // At the end of the bus: the lease then ends by itself.
        if (!(error instanceof ClosedError)) core.report(error);
      },
    );
  }

  /** Keeps the leases of what is under way, from time to time. */
  #beat(): void {
    this.#cancelBeat ??= this.#source.core.runtime.timer(() => {
      this.#cancelBeat = undefined;
      void this.#extend();
      if (this.#runs.size > 0) this.#beat();
    }, lease / 3);
  }

  async #extend(): Promise<void> {
    const { core, store } = this.#source;
    const now = core.runtime.monotonic();
    for (const run of this.#runs) if (now >= run.until) this.#lost(run);
    const runs = [...this.#runs];
    if (runs.length === 0) return;
    const outcome: TaskOutcome = { type: "extend", lease };
    try {
      const held = await store.tasks.settle(runs.map(({ task: { id, token } }) => ({ id, token, outcome })));
      for (const [index, run] of runs.entries()) {
        if (held[index]) run.until = now + lease;
        else this.#lost(run);
      }
    } catch (error) {
      // The next beat tries again, as long as the lease holds.
      if (!(error instanceof ClosedError)) core.report(new BrokerError("extend a lease", error));
    }
  }
}
