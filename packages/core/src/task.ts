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
}

/**
 * Defines a task: work, held in a queue and done by exactly one worker.
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
  const { from = "both" as F, key, attempts = 1 } = options;
  return { kind: "task", from, schema, key, attempts };
}
