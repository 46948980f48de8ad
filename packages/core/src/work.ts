import type { BrokerFeatures, TaskCounts } from "./broker.js";

export interface EnqueueOptions {
  /** How long it is not due, in milliseconds. Default 0. */
  readonly delay?: number | undefined;
  /** Larger ones are done first. Default 0. */
  readonly priority?: number | undefined;
  /**
   * A name for this piece of work, such as an order's number: another one of the same task and name, within the broker's
   * window, is a duplicate and changes nothing. Up to 256 bytes of UTF-8. Default: none.
   */
  readonly dedupe?: string | undefined;
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

export interface WorkOptions {
  /** How many of the tasks are worked on at once by this worker. Default 1. */
  readonly concurrency?: number | undefined;
  /** How long an attempt may take, in milliseconds; then its signal aborts, and it has failed. Default: for ever. */
  readonly timeout?: number | undefined;
  /** Ends the working when it aborts: nothing more is begun, what is under way is done. */
  readonly signal?: AbortSignal | undefined;
}

/** A task whose attempts are used up. */
export interface DeadLetter<Data = unknown, K = unknown> {
  readonly id: string;
  readonly data: Data;
  readonly key: K | undefined;
  /** When it was enqueued, in milliseconds since the Unix epoch. */
  readonly time: number;
  readonly attempts: number;
  /** What the last attempt failed with, in words, cut after 1,000 characters. */
  readonly reason: string;
  /** In milliseconds since the Unix epoch. */
  readonly diedAt: number;
}

/** The tasks of a name, to look at and to mend. */
export interface TaskQueue<Data = unknown, K = unknown> {
  /** How many wait, are delayed, under way and dead. */
  counts(): Promise<TaskCounts>;
  /** The dead, oldest first, from after an id on. At most `limit`, default 100. */
  dead(options?: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<readonly DeadLetter<Data, K>[]>;
  /** Lets the dead be done again, from their first attempt. Resolves with how many were. */
  redrive(ids: readonly string[] | "all"): Promise<number>;
}
