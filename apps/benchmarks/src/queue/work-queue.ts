import type { Point } from "../emit/points.js";

/** What is to be done with an entry: its payload is a point, its key the point's id. */
export type Work = (point: Point) => void;
export type AsyncWork = (point: Point) => Promise<void>;

/** What a guarded queue keeps to; the others ignore it. */
export interface Limits {
  /** How many entries may wait or be worked on: one more is refused. */
  readonly entries: number;
  /** How often an entry is tried whose work fails. */
  readonly attempts: number;
  /** Milliseconds until it is tried again; meanwhile other keys go on, and its own waits. */
  readonly backoff: number;
  /** Told of an entry that failed as often as it may. */
  readonly dead: (point: Point, error: unknown) => void;
}

/** A queue with its worker: entries wait until they are drained. */
export interface WorkQueue {
  /** @throws when the queue is guarded and full. */
  offer(point: Point): void;
  /** Works on all that waits, and resolves when everything is done or dead. */
  drain(): Promise<void>;
}

/** What the queue suite asks of an implementation. */
export interface WorkQueues {
  /**
   * Whether it is bounded, tries failing work again without holding up other keys, and lets the event loop go on while
   * it drains. Checked where it is claimed.
   */
  readonly guarded: boolean;
  /** Works on one entry at a time, in the order of offers. */
  serial(work: Work, limits: Limits): WorkQueue;
  /** The same, of an implementation that does it differently for a backlog that is long. */
  readonly long?: (work: Work, limits: Limits) => WorkQueue;
  /** Works on {@link atOnce} entries at once; on those of one key one at a time, in the order of offers. */
  keyed(work: AsyncWork, limits: Limits): WorkQueue;
}

/** How many entries of different keys are worked on at once. */
export const atOnce = 8;

/** How long a guarded queue may hold the event loop, in milliseconds. */
export const slice = 5;

/** An implementation as the suite loads it. */
export interface QueueImplementation {
  readonly version: string;
  readonly queues: WorkQueues;
}
