import { AttemptTimeoutError, backoff, ClosedError, EventwireError } from "@eventwire/queue";
import type { Working } from "../backing.js";
import type { ClaimedTask, TaskOutcome, TaskState, Written } from "../broker.js";
import type { TaskDefinition } from "../definition.js";
import { CancelledError } from "../errors/cancelled-error.js";
import { DeadError } from "../errors/dead-error.js";
import { LeaseLostError } from "../errors/lease-lost-error.js";
import { aroundAsync } from "../layers.js";
import { restTime } from "../released.js";
import { validate } from "../validate.js";
import { bodyOf, explain } from "./admission.js";
import { Batch, BatchMessage } from "./batch.js";
import { type Body, decodeBody } from "./body.js";
import type { Effects } from "./effects.js";
import { Interrupted } from "./interrupted.js";
import { offsetOf } from "./place.js";
import { reasonOf } from "./reason.js";
import type { Run, RunHost, RunSource } from "./run.js";
import { RemoteTask, TaskMessage } from "./task-message.js";

/** Does tasks that were claimed, alone or in batches, and settles them. */
export class TaskRunner implements RunHost {
  readonly #source: RunSource;
  readonly #definition: TaskDefinition;
  readonly #working: Working;
  readonly #backoff: (attempt: number) => number;
  readonly #onOver: (run: Run, rest: boolean) => void;

  /** @param onOver told of each task that is not under way any more, and whether to claim no other for a while. */
  constructor(
    source: RunSource,
    definition: TaskDefinition,
    working: Working,
    onOver: (run: Run, rest: boolean) => void,
  ) {
    this.#source = source;
    this.#definition = definition;
    this.#working = working;
    this.#onOver = onOver;
    this.#backoff = backoff(definition.backoff, () => source.core.runtime.random());
  }

  get lease(): number {
    return this.#working.lease;
  }

  do(run: Run): void {
    const { worker, remote } = this.#working;
    if (remote) {
      // Middleware is where the worker is.
      void this.#do(run, (body) => remote.give(new RemoteTask(run, body)));
      return;
    }
    const { ambient } = this.#source.core.dispatcher;
    void this.#do(run, async (body) => {
      const message = new TaskMessage(run, body);
      return this.#around(message, () =>
        ambient.causingBy(worker!, message.chain, () => worker!(message.data, message)),
      );
    });
  }

  doTogether(runs: readonly Run[]): void {
    const { worker } = this.#working.batch!;
    const batch = new Batch(worker, runs.length, this.#definition.result !== undefined);
    for (const run of runs) {
      let message: BatchMessage | undefined;
      const work = async (body: Body) => {
        message = new BatchMessage(run, body);
        return this.#around(message, () => batch.join(message!));
      };
      void this.#do(run, work).then(() => batch.leave(message));
    }
  }

  async #around<Message extends TaskMessage>(message: Message, last: () => unknown): Promise<unknown> {
    return aroundAsync(this.#source.core.layersOf("work", message.name), message, last);
  }

  async #do(run: Run, work: (body: Body) => Promise<unknown>): Promise<void> {
    const { core, store } = this.#source;
    const { id, name, key, attempt } = run.task;
    core.inspect?.({ type: "task.started", id, name, key, attempt });
    const { timeout } = this.#working;
    if (timeout !== undefined) this.#limit(run, timeout);
    try {
      const value = await work(store.check(this.#definition.schema, name, decodeBody(run.task.body)));
      if (!run.over) this.#done(run, this.#resultOf(name, value));
    } catch (error) {
      if (error instanceof Interrupted) this.#interrupted(run, error);
      else this.fail(run, error);
    }
  }

  #limit(run: Run, milliseconds: number): void {
    const { id, name } = run.task;
    run.cancelTimeout = this.#source.core.runtime.timer(() => {
      const error = new AttemptTimeoutError(name, id, milliseconds);
      this.fail(run, error);
      run.controller.abort(error);
    }, milliseconds);
  }

  /** @throws {InvalidError} when it is not what the contract says. */
  #resultOf(name: string, value: unknown): Uint8Array | undefined {
    const { result, keep } = this.#definition;
    if (!result) return undefined;
    const data = validate(result, name, value);
    const { maxBodyBytes } = this.#source.store.broker.features;
    const body = bodyOf(name, { data, cause: [] }, maxBodyBytes);
    return keep > 0 ? body : undefined;
  }

  #done(run: Run, result: Uint8Array | undefined): void {
    const outcome: TaskOutcome = { type: "done", result };
    const { effects } = run;
    const milliseconds = this.#over(run);
    if (effects?.any) {
      this.#source.settlements.include(this.#finish(run, outcome, effects, milliseconds));
      return;
    }
    this.settle(run, outcome);
    this.#tellDone(run, milliseconds);
  }

  #tellDone({ task: { id, name, key, attempt } }: Run, milliseconds: number): void {
    this.#source.core.inspect?.({ type: "task.done", id, name, key, attempt, milliseconds });
  }

  /** Ends a task with all that it leaves, in one transaction. */
  async #finish(run: Run, outcome: TaskOutcome, effects: Effects, milliseconds: number): Promise<void> {
    const { core, store, settlements } = this.#source;
    const { id, name, token } = run.task;
    const { appends: append, tasks: enqueue } = effects;
    const { epoch } = store;
    let written: Written;
    try {
      const settle = [{ id, token, outcome }];
      written = await settlements.write({ id: core.newId(), settle, append, enqueue });
    } catch (error) {
      // Nothing of it was written, or nobody knows: then the lease ends by itself, where it has to.
      const isKnown = EventwireError.is(error) && !(error instanceof ClosedError);
      if (isKnown) this.#failed(run, error, milliseconds);
      else run.onSettled?.(undefined);
      if (!EventwireError.is(error)) core.report(explain(error, name, "settled"));
      return;
    }
    run.onSettled?.(written.type === "written");
    if (written.type === "refused") {
      await this.#late(run);
      return;
    }
    this.#tellDone(run, milliseconds);
    for (const [index, message] of effects.messages.entries()) {
      const number = written.appended[index]?.offset;
      const offset = number === undefined ? undefined : offsetOf(epoch, number);
      core.inspect?.({ type: "emitted", message });
      core.inspect?.({ type: "log.appended", id: message.id, name: message.name, offset });
    }
    for (const [index, { id, name, key }] of enqueue.entries()) {
      // Of a repetition it is not known any more what was there before it.
      const duplicate = !written.duplicate && (written.enqueued[index]?.duplicate ?? false);
      core.inspect?.({ type: "task.enqueued", id, name, key, duplicate });
    }
  }

  fail(run: Run, error: unknown): void {
    if (run.over) return;
    this.#failed(run, error, this.#over(run));
  }

  #failed(run: Run, error: unknown, milliseconds: number): void {
    const { id, name, key, attempt } = run.task;
    if (attempt >= this.#definition.attempts) {
      this.#died(run, error, milliseconds);
      return;
    }
    const { core } = this.#source;
    const delay = this.#backoff(attempt);
    this.settle(run, { type: "retry", at: core.runtime.now() + delay });
    core.inspect?.({ type: "task.retried", id, name, key, attempt, error, delay, milliseconds });
  }

  die(run: Run, error: unknown): void {
    this.#died(run, error, this.#over(run));
  }

  #died(run: Run, error: unknown, milliseconds: number): void {
    const { id, name, key, attempt } = run.task;
    const { core } = this.#source;
    this.settle(run, { type: "dead", reason: reasonOf(error) });
    core.inspect?.({ type: "task.died", id, name, key, attempt, error, milliseconds });
    core.report(new DeadError(name, id, attempt, error));
  }

  release(run: Run, delay: number): void {
    if (run.over) return;
    const { id, name, key, attempt } = run.task;
    const { core } = this.#source;
    const milliseconds = this.#over(run, delay < restTime);
    this.settle(run, { type: "release", at: core.runtime.now() + delay });
    core.inspect?.({ type: "task.released", id, name, key, attempt, delay, milliseconds });
    run.controller.abort();
  }

  /** Gives back at once what was not begun. */
  giveBack(run: Run, rest = false): void {
    this.#over(run, rest);
    this.settle(run, { type: "release" });
  }

  /** Nobody will say what became of it. What may have been begun was an attempt. */
  #interrupted(run: Run, { begun }: Interrupted): void {
    if (run.over) return;
    if (!begun) {
      this.giveBack(run, true);
      return;
    }
    this.#over(run);
    this.settle(run, { type: "retry", at: this.#source.core.runtime.now() });
  }

  /** The broker says that a lease is not held. Whether the task was cancelled, it can tell as well. */
  async refused(run: Run): Promise<void> {
    if (!run.over) this.lost(run, await this.#isCancelled(run));
  }

  /** Nothing that a task's worker does has an effect any more. */
  lost(run: Run, cancelled: boolean): void {
    if (run.over) return;
    const { id, name, key, attempt } = run.task;
    const { core } = this.#source;
    const milliseconds = this.#over(run);
    run.onSettled?.(false);
    const error = cancelled ? new CancelledError(name, id) : new LeaseLostError(name, id);
    run.controller.abort(error);
    if (cancelled) core.inspect?.({ type: "task.cancelled", id, name, key, attempt, milliseconds });
    else if (!this.#working.remote) core.report(error);
  }

  /** By how the task stands now. What is gone while the lease holds cannot have been done by somebody else. */
  isCancelled({ until }: Run, state: TaskState | undefined): boolean {
    return state ? state.state === "cancelled" : this.#source.core.runtime.monotonic() < until;
  }

  async #isCancelled(run: Run): Promise<boolean> {
    try {
      const [state] = await this.#source.store.tasks.states([run.task.id]);
      return this.isCancelled(run, state);
    } catch {
      return false;
    }
  }

  settle(run: Run, outcome: TaskOutcome): void {
    const { core, settlements } = this.#source;
    const { id, token }: ClaimedTask = run.task;
    settlements.settle({ id, token, outcome }).then(
      (held) => {
        run.onSettled?.(held);
        if (!held) void this.#late(run);
      },
      (error: unknown) => {
        run.onSettled?.(undefined);
        // At the end of the bus: the lease then ends by itself.
        if (!(error instanceof ClosedError)) core.report(error);
      },
    );
  }

  /** What was cancelled before it ended is no failure. */
  async #late(run: Run): Promise<void> {
    const { id, name } = run.task;
    // Who is elsewhere is told so.
    if (this.#working.remote || (await this.#isCancelled(run))) return;
    this.#source.core.report(new LeaseLostError(name, id));
  }

  /** @returns how long it took, in milliseconds. */
  #over(run: Run, rest = false): number {
    run.end();
    this.#onOver(run, rest);
    return this.#source.core.runtime.monotonic() - run.start;
  }
}
