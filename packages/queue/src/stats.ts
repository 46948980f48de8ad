/** What a queue holds and did, at one time. */
export interface QueueStats {
  /** When that was, on a clock of its own, in milliseconds. */
  readonly at: number;
  /** How many wait, `delayed` included. */
  readonly depth: number;
  /** How many of those wait for a time to come: a delay, or another attempt. */
  readonly delayed: number;
  readonly inFlight: number;
  /** How many dead letters there are. */
  readonly dead: number;
  /** How many offers wait for room. */
  readonly producers: number;
  /** For how long the oldest that waits has been there, in milliseconds; 0 when none waits. */
  readonly oldestAge: number;
  /** How many were let in, since the queue was created; likewise those below. */
  readonly offered: number;
  readonly done: number;
  /** Attempts that failed. */
  readonly failed: number;
  /** Failed attempts after which another came. */
  readonly retried: number;
  /** Entries that went without being done. */
  readonly dropped: number;
  /** A second, since the earlier stats that were given, or since the queue was created. */
  readonly rates: { readonly offered: number; readonly done: number; readonly failed: number };
}

/** How many a second there were of each between two times. */
export function ratesOf(
  now: Pick<QueueStats, "at" | "offered" | "done" | "failed">,
  since: Pick<QueueStats, "at" | "offered" | "done" | "failed">,
): QueueStats["rates"] {
  const seconds = (now.at - since.at) / 1_000;
  const rate = (count: number) => (seconds > 0 ? count / seconds : 0);
  return {
    offered: rate(now.offered - since.offered),
    done: rate(now.done - since.done),
    failed: rate(now.failed - since.failed),
  };
}
