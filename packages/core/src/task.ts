import { type Backoff, MisuseError } from "@eventwire/queue";
import { checkCount } from "./check-count.js";
import type { From, TaskDefinition, TaskRate } from "./definition.js";
import type { Key } from "./key.js";
import type { Output, Repeatable, Schema } from "./schema.js";

export interface TaskOptions<Data, F extends From, K extends Key, R extends Schema = never> {
  /** Who may enqueue it. Default `"both"`. */
  readonly from?: F;
  /** Tasks of one key are done one at a time, in order. Default: no key. */
  readonly key?: (data: Data) => K;
  /** How often it is tried before it is dead. Default 1. */
  readonly attempts?: number;
  /**
   * How long it waits after a failed attempt. Default: up to a second after the first, twice as long after each further one,
   * at most an hour, by chance within that.
   */
  readonly backoff?: Backoff;
  /** What its worker returns: checked, and kept for `keep`. Default: nothing is kept of what it returns. */
  readonly result?: R & Repeatable<R>;
  /**
   * For how long what became of it stays known once it is done or cancelled, in milliseconds. Default: an hour where it has a
   * `result`, else 0.
   */
  readonly keep?: number;
  /** How many are under way at once, over all workers of all processes. Default: as many as the workers do. */
  readonly concurrency?: number;
  /** How many are begun in a time, over all workers of all processes. Default: no limit. */
  readonly rate?: TaskRate;
}

/** What a task of these options gives: nothing without a schema of its result. */
export type ResultOfSchema<R extends Schema> = [R] extends [never] ? undefined : Output<R>;

/** What a task's `backoff` leaves out. */
const defaultBackoff: Backoff = { initial: 1_000, max: 3_600_000 };
/** For how long a result is kept, in milliseconds. */
const defaultKeep = 3_600_000;

/**
 * Defines a task: work, held in a queue until one worker has done it.
 *
 * @throws {MisuseError} when `attempts` or `concurrency` is no whole number of at least 1 (`Infinity` is one), `keep` no number of at
 * least 0, or `rate` has no count of at least 1 in a time, or is by a key that there is not.
 *
 * @example
 * ```ts
 * task(Diversion, { key: (diversion) => diversion.flight, attempts: 5 })
 * task(Parcel, { result: Route, concurrency: 10, rate: { count: 100, per: 1_000 } })
 * ```
 */
export function task<
  S extends Schema,
  F extends From = "both",
  K extends Key = never,
  R extends Schema = never,
>(
  schema: S & Repeatable<S>,
  options: TaskOptions<Output<S>, F, K, R> = {},
): TaskDefinition<Output<S>, F, K, ResultOfSchema<R>> {
  const { from = "both" as F, key, attempts = 1, backoff, result, concurrency, rate } = options;
  const { keep = result ? defaultKeep : 0 } = options;
  checkCount("attempts", attempts);
  if (concurrency !== undefined) checkCount("concurrency", concurrency);
  if (!(keep >= 0)) throw new MisuseError(`keep must be at least 0 milliseconds; it is ${keep}.`);
  if (rate) checkRate(rate, key !== undefined);
  return {
    ...{ kind: "task", from, schema, key, attempts, backoff: { ...defaultBackoff, ...backoff } },
    ...{ result, keep, concurrency, rate },
  };
}

function checkRate({ count, per, by }: TaskRate, keyed: boolean): void {
  checkCount("rate.count", count);
  if (!(per > 0 && per < Number.POSITIVE_INFINITY)) {
    throw new MisuseError(`rate.per must be a number of milliseconds, more than 0; it is ${per}.`);
  }
  if (by === "key" && !keyed) throw new MisuseError('rate is by "key", but the task has no key.');
}
