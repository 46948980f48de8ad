import type { Backoff } from "./backoff.js";
import type { DeadLetter } from "./dead-letters.js";
import type { Disposer } from "./disposer.js";
import type { Dropped } from "./drops.js";
import type { Entry } from "./entry.js";
import type { Key } from "./key.js";
import type { Overflow } from "./overflow.js";
import type { Runtime } from "./runtime.js";
import type { Failure } from "./settling.js";
import type { QueueStats } from "./stats.js";
import type { Rate } from "./token-bucket.js";

export interface QueueOptions<Data> {
  /** What errors call it. Default `"queue"`. */
  readonly name?: string | undefined;
  /**
   * How many entries may wait: due, delayed and blocked ones, but none in flight. One that comes back for another attempt
   * always may. Default 100,000.
   */
  readonly capacity?: number | undefined;
  /** What happens to an offer when so many wait. Default `"reject"`. */
  readonly overflow?: Overflow | undefined;
  /** The key of an entry that is offered without one. Default: none. */
  readonly key?: ((data: Data) => Key | undefined) | undefined;
  /** How many attempts an entry has, from 1, before it is a dead letter. Default 1. */
  readonly attempts?: number | undefined;
  /** How long an entry waits after a failed attempt; a function gets the number of that attempt, from 1. */
  readonly backoff?: Backoff | ((attempt: number) => number) | undefined;
  /** How many dead letters are kept; the oldest goes first. Default 1,000. */
  readonly deadLetters?: number | undefined;
  /** How many entries may be taken in an interval, in the long run and further attempts included. Default: no limit. */
  readonly rate?: Rate | undefined;
  /**
   * Told of each entry that goes without being done. It may offer to this queue too, but not what makes another entry go: that
   * throws an `OverflowError`. Default: the first one is logged.
   */
  readonly onDrop?: ((dropped: Dropped<Data>) => void) | undefined;
  /** Told of each attempt that fails. */
  readonly onFailure?: ((failure: Failure<Data>) => void) | undefined;
  /** Time, chance and scheduling. Default: the platform's. */
  readonly runtime?: Runtime | undefined;
}

export interface OfferOptions {
  /** Entries of one key are worked on one at a time, in order. Default: what the queue's `key` says. */
  readonly key?: Key | undefined;
  /** Any finite number; larger ones first, strictly: as long as those come, smaller ones wait. Default 0. */
  readonly priority?: number | undefined;
  /** How long it is not due, in milliseconds. It holds nothing of its key up meanwhile. Default 0. */
  readonly delay?: number | undefined;
  /** Ends the waiting for room. What was let in stays. */
  readonly signal?: AbortSignal | undefined;
}

export interface WorkOptions {
  /** How many entries are worked on at once, from 1. Default 1. */
  readonly concurrency?: number | undefined;
  /**
   * How long an attempt may take, in milliseconds; then it has failed, its signal aborts, and another entry may be begun. Work
   * that ignores the signal goes on beside that. Default: for ever.
   */
  readonly timeout?: number | undefined;
  /** Ends it, as the disposer does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What is done with an entry. When it returns, or its promise resolves, the entry is done; when it throws, or rejects, the attempt
 * has failed. It may settle the entry itself before, such as by `entry.retry(60_000)`; that is then what counts.
 */
export type Work<Data> = (data: Data, entry: Entry<Data>) => unknown;

/**
 * A bounded queue of entries, of which each is given to one consumer. Several consumers at once take turns.
 *
 * @typeParam Offered what an offer gives: with the overflow policy `"wait"` maybe a promise.
 */
export interface Queue<Data, Offered extends boolean | Promise<boolean> = boolean | Promise<boolean>> {
  /** How many entries wait. */
  readonly size: number;
  /** Whether it is paused. */
  readonly paused: boolean;
  /** Whether it takes nothing in any more. */
  readonly closed: boolean;
  /**
   * Puts an entry in. When the queue is full its policy decides.
   *
   * @returns whether it was let in; with `"wait"`, when it had to wait, a promise of that.
   * @throws {OverflowError} when it is full and the policy is `"reject"`.
   * @throws {AbortedError} when the signal aborts before there is room.
   * @throws {ClosedError} when the queue is closed before there is room.
   * @throws {MisuseError} when an option is not what it has to be.
   */
  offer(data: Data, options?: OfferOptions): Offered;
  /**
   * Takes the first entry that is due and whose key is free: by priority, then in the order of offers. It is in flight,
   * its key blocked, until it is settled. Nothing is taken while the queue is paused or its rate is used up.
   */
  take(): Entry<Data> | undefined;
  /**
   * Calls `hint` once to begin with, and whenever `take` may give something after it gave nothing: an entry came, came due, or
   * its key became free. Only `take` knows. It is called later, never from within a call to the queue.
   */
  watch(hint: () => void, options?: { readonly signal?: AbortSignal | undefined }): Disposer;
  /**
   * Works on the entries as they come. Work that gives no promise is called again at once, for up to 5 ms; then
   * the event loop has its turn.
   *
   * @returns what ends it: no further entry is begun; those under way go on to their end.
   */
  work(work: Work<Data>, options?: WorkOptions): Disposer;
  /**
   * The entries as they come, to loop over. One that the loop has not settled itself is done when the next one is asked for;
   * when the loop ends in the middle of one, by `break` or an error, that attempt has failed. It ends with the queue, or when
   * the signal aborts.
   */
  entries(options?: {
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterableIterator<Entry<Data>, undefined>;
  /** From now on nothing is taken; what is under way goes on. */
  pause(): void;
  resume(): void;
  /**
   * Resolves when nothing waits and nothing is in flight. It starts nothing: without a consumer, or paused, it waits.
   *
   * @throws {AbortedError} when the signal aborts before.
   */
  drain(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Takes nothing in any more, gives consumers up to `drain` milliseconds for what is there, default 5,000, then drops what
   * still waits and aborts the signals of what is in flight. Nothing is taken after that, and what is settled is gone, whichever way.
   * Resolves when nothing waits any more. Further calls change nothing and resolve with the first.
   */
  close(options?: { readonly drain?: number | undefined }): Promise<void>;
  /** The dead letters, in the order in which they died. */
  dead(): readonly DeadLetter<Data>[];
  /**
   * Lets dead letters be tried again, from the first attempt, in their old places, also when the queue is full.
   *
   * @returns how many of the ids were dead.
   * @throws {ClosedError} when the queue is closed.
   */
  redrive(ids: Iterable<number> | "all"): number;
  /** @param since an earlier result: rates are then from that time on, not from the creation of the queue. */
  stats(since?: QueueStats): QueueStats;
}
