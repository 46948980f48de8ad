import type { Backoff } from "@eventwire/queue";
import { checkCount } from "./check-count.js";
import type { From, TaskDefinition } from "./definition.js";
import type { Key } from "./key.js";
import type { Output, Repeatable, Schema } from "./schema.js";

export interface TaskOptions<Data, F extends From, K extends Key> {
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
}

/** What a task's `backoff` leaves out. */
const defaultBackoff: Backoff = { initial: 1_000, max: 3_600_000 };

/**
 * Defines a task: work, held in a queue until one worker has done it.
 *
 * @throws {MisuseError} when `attempts` is no whole number of at least 1; `Infinity` is one.
 *
 * @example
 * ```ts
 * task(Diversion, { key: (diversion) => diversion.flight, attempts: 5 })
 * ```
 */
export function task<S extends Schema, F extends From = "both", K extends Key = never>(
  schema: S & Repeatable<S>,
  options: TaskOptions<Output<S>, F, K> = {},
): TaskDefinition<Output<S>, F, K> {
  const { from = "both" as F, key, attempts = 1, backoff } = options;
  checkCount("attempts", attempts);
  return { kind: "task", from, schema, key, attempts, backoff: { ...defaultBackoff, ...backoff } };
}
