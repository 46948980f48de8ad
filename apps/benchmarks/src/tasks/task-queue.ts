import type { Place } from "../log/event-log.js";
import type { Report } from "../log/reports.js";

/** How an implementation keeps tasks. */
export interface TaskQueue {
  /** Opens a queue, in the process of who enqueues or of who works. */
  open(place: Place): Promise<OpenQueue>;
  /** Opens one that another process has open, and goes through that. Default: it opens it as well. */
  join?(place: Place): Promise<OpenQueue>;
}

export interface OpenQueue {
  /**
   * Resolves when all of them are kept, as durably as the implementation can.
   *
   * @param keyed whether those of a flight are to be done one after the other, in this order.
   */
  enqueue(reports: readonly Report[], keyed: boolean): Promise<unknown>;
  /** Does them, checked by their schema, in the way that is fastest, until the result is called. */
  work(worker: Worker, keyed: boolean): Promise<() => unknown>;
  close(): Promise<unknown>;
}

export interface Worker {
  done(report: Report): void;
  failed(error: unknown): void;
}
