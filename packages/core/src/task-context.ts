import type { Contract, Data, DurableName, EventName, KeyOf, SentBy, TaskName } from "./contract.js";
import type { Side } from "./definition.js";
import type { Context } from "./message.js";
import type { Released, ReleaseOptions } from "./released.js";
import type { EnqueueOptions } from "./work.js";

/** What a worker returns: anything, unless the task has a `result`. */
export type WorkerResult<Result> = [Result] extends [undefined]
  ? unknown
  : Result | Released | PromiseLike<Result | Released>;

/** What a batch of tasks returns: anything, unless the task has a `result`: then one for each, in their order. */
export type BatchResult<Result> = [Result] extends [undefined]
  ? unknown
  : readonly (Result | Released)[] | PromiseLike<readonly (Result | Released)[]>;

/**
 * What is to be there when a task is done, and only then: written in one transaction with its end, or not at all. What an attempt
 * has said that fails, or whose lease is lost, is dropped.
 */
export interface OnDone<C extends Contract, S extends Side = "server"> {
  /**
   * Emits a durable event. Middleware around emits is run at once.
   *
   * @throws {InvalidError} when it cannot be encoded, or is more than the broker takes.
   * @throws {UnsupportedError} when the broker lacks `transactions`.
   */
  emit<N extends SentBy<C, "event", S> & DurableName<C> & EventName<C>>(name: N, data: Data<C, N>): void;
  /**
   * Enqueues a task, and gives its id, which others may be enqueued `after`.
   *
   * @throws {InvalidError} as `emit` does. @throws {UnsupportedError} as `emit` does.
   */
  enqueue<N extends SentBy<C, "task", S> & TaskName<C>>(
    name: N,
    data: Data<C, N>,
    options?: Omit<EnqueueOptions, "signal">,
  ): string;
}

/** What a worker knows of the task that it does. */
export interface TaskContext<
  N extends string = string,
  K = unknown,
  C extends Contract = Contract,
  S extends Side = "server",
> extends Omit<Context<N, K>, "kind" | "name" | "key"> {
  readonly kind: "task";
  readonly name: N;
  readonly key: K | undefined;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /**
   * Aborts when nothing that the worker does has an effect on the task any more: its lease was lost, its `timeout` is over,
   * it was cancelled or released, or the bus has ended.
   */
  readonly signal: AbortSignal;
  /**
   * Until when the task is this worker's, in milliseconds since the Unix epoch, as far as is known here: its lease ends then unless it is
   * renewed before. When that has passed somebody else may have it. At a client whose server cannot be heard it stands still.
   */
  readonly leasedUntil: number;
  /**
   * Says how far it is, for who looks at the task's state: any JSON. It is kept with the lease, at most every 100 ms; of several the
   * newest. Resolves when it is, or the task is over; there is no need to wait for it. Rejects with an `InvalidError` when it cannot
   * be encoded, with an `UnsupportedError` where the broker lacks `results`, and with why the task is lost.
   */
  progress(value: unknown): Promise<void>;
  /**
   * Hands the task back, at once: it is no failure and costs no attempt, others may do it after `delay`, and what this worker still does or
   * returns has no effect on it. Nothing of `onDone` is written.
   *
   * @throws {MisuseError} when `delay` is no number of milliseconds.
   *
   * @example
   * ```ts
   * if (!inReach(parcel)) return task.release({ delay: 10_000 });
   * ```
   */
  release(options?: ReleaseOptions): Released;
  /**
   * What is to be emitted and enqueued with the end of the task, in one transaction.
   *
   * @example
   * ```ts
   * task.onDone.emit("flight.diverted", diversion);
   * ```
   */
  readonly onDone: OnDone<C, S>;
}

/** One task of a batch. */
export type BatchTask<
  C extends Contract = Contract,
  N extends TaskName<C> = TaskName<C>,
  S extends Side = "server",
> = TaskContext<N, KeyOf<C, N>, C, S> & {
  readonly data: Data<C, N>;
  /** Has this one fail, whatever becomes of the others: it is tried again alone, or dies. */
  fail(error: unknown): void;
};
