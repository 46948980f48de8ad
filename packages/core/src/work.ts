import type { BrokerFeatures, TaskCounts, TaskState } from "./broker.js";
import type { Cause } from "./cause.js";

export interface EnqueueOptions {
  /** How long it is not due, in milliseconds. Default 0. */
  readonly delay?: number | undefined;
  /** When it is due, in place of `delay`. One that has passed is now. */
  readonly at?: Date | undefined;
  /** Larger ones are done first. Default 0. */
  readonly priority?: number | undefined;
  /**
   * A name for this piece of work, such as an order's number: another one of the same task and name, within the broker's
   * window or as long as it is not done, is a duplicate and changes nothing. Up to 256 bytes of UTF-8. Default: none.
   */
  readonly dedupe?: string | undefined;
  /**
   * The ids of tasks, of any name, that have to be done before it, up to 64. Where one of them dies or is cancelled, it dies. It
   * rejects with an `InvalidError` where there never was one of them, or it was enqueued before the broker's window and is gone.
   */
  readonly after?: readonly string[] | undefined;
  /** Ends the waiting for the receipt, not the sending. */
  readonly signal?: AbortSignal | undefined;
}

/** What `enqueue` resolves with, once the broker has the task. */
export interface TaskReceipt {
  readonly id: string;
  /** What it survives: nothing but the broker's object, the end of the process, or a loss of power. */
  readonly durability: BrokerFeatures["durability"];
  /** Whether the broker had it already. */
  readonly duplicate: boolean;
}

interface Attempting {
  /** How long an attempt may take, in milliseconds; then its signal aborts, and it has failed. Default: for ever. */
  readonly timeout?: number | undefined;
  /**
   * For how long a task is this worker's without a sign of life of its process, in milliseconds: then it is another's. It is renewed three
   * times as often, however long the work takes. At least 1,000; at a client, what its server lets it have, 300,000 at most unless that
   * says otherwise. Default 30,000.
   */
  readonly lease?: number | undefined;
  /** Ends the working when it aborts: nothing more is begun, what is under way is done. */
  readonly signal?: AbortSignal | undefined;
}

export interface WorkOptions extends Attempting {
  /** How many of the tasks are worked on at once by this worker. Default 1. */
  readonly concurrency?: number | undefined;
}

export interface BatchOptions extends Attempting {
  /** How many tasks a batch has at most. Default 50. */
  readonly size?: number | undefined;
  /** How long a batch that is not full waits for more, in milliseconds. Default 20. */
  readonly wait?: number | undefined;
}

/** A task whose attempts are used up. */
export interface DeadLetter<Data = unknown, K = unknown> {
  readonly id: string;
  readonly data: Data;
  readonly key: K | undefined;
  /** When it was enqueued, in milliseconds since the Unix epoch. */
  readonly time: number;
  /** 0 where it has died with another task, which it was to come after. */
  readonly attempts: number;
  /** What the last attempt failed with, in words, cut after 1,000 characters. */
  readonly reason: string;
  /** In milliseconds since the Unix epoch. */
  readonly diedAt: number;
  /** What led to it, newest first. */
  readonly cause: readonly Cause[];
}

/** How a task stands. */
export interface TaskStatus<K = unknown, Result = unknown> {
  readonly id: string;
  readonly key: K | undefined;
  /**
   * `blocked`: it waits for those that it was enqueued `after`. One that waits for others of its key is `waiting`, one that is to be
   * tried again `delayed`.
   */
  readonly state: TaskState["state"];
  /** Which attempt this is or was the last; 0 before the first. */
  readonly attempt: number;
  /** What its worker said last of how far it is. */
  readonly progress: unknown;
  /** Of what is done, where the task has a `result`. */
  readonly result: Result | undefined;
  /** Of what is dead. */
  readonly reason: string | undefined;
}

/** The tasks of a name, to look at, to wait for and to mend. */
export interface TaskQueue<Data = unknown, K = unknown, Result = unknown> {
  /** How many wait, are delayed, under way and dead. */
  counts(): Promise<TaskCounts>;
  /** The dead, oldest first, from after an id on. At most `limit`, default 100. */
  dead(options?: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<readonly DeadLetter<Data, K>[]>;
  /**
   * Lets the dead be done again, from their first attempt. What has died with another one stays dead, unless that is redriven as
   * well. Resolves with how many were.
   */
  redrive(ids: readonly string[] | "all"): Promise<number>;
  /** Forgets the dead that died before a time. Resolves with how many were. */
  forget(options: { readonly before: Date }): Promise<number>;
  /**
   * What a task gives, once it is done. Rejects with a `TaskDeadError`, with a `CancelledError`, with an `UnknownTaskError` where there
   * never was such a task or what became of it is not kept, see `keep`, with an `AbortedError`, and with a `ClosedError`.
   */
  result(id: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Result>;
  /** How a task stands; nothing of one that there never was, or of which nothing is kept. */
  state(id: string): Promise<TaskStatus<K, Result> | undefined>;
  /**
   * How a task stands, now and after each change that is seen: of several that follow each other the last. Ends when it is done, dead
   * or cancelled, when the signal aborts, and with the bus; throws an `UnknownTaskError` where nothing is known of it.
   */
  watch(
    id: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<TaskStatus<K, Result>, undefined>;
  /**
   * Ends tasks that are not done, the dead among them. A worker that has one is told by its signal, within a second, and nothing that
   * it does has an effect on the task. Those that were to come after one of them die. Resolves with how many were.
   */
  cancel(ids: string | readonly string[]): Promise<number>;
  /** From now on none is begun, by no worker of any process, until `resume`. What is under way goes on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}
