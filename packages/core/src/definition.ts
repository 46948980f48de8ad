import type { Backoff } from "@eventwire/queue";
import type { Key } from "./key.js";
import type { Schema } from "./schema.js";

/** One of the two ends of a link. A bus inside a process is a server. */
export type Side = "server" | "client";
/** Who may send a message. */
export type From = Side | "both";
/**
 * What an event promises a receiver that is slow or away.
 * `volatile`: the newest of each key is enough. `live`: all, within a bounded buffer. `durable`: all, from a log.
 */
export type Delivery = "volatile" | "live" | "durable";

/**
 * What goes where live events wait for a peer and more come than may: the oldest, the newest, or the peer, which is
 * disconnected and may come again. What went is told as a gap.
 */
export type Overflow = "drop-oldest" | "drop-newest" | "disconnect";

/** Names no type parameter, so that it gives inference inside defineContract no candidates. */
export interface Definition {
  readonly kind: "event" | "task" | "request";
}
export type Definitions = { readonly [name: string]: Definition };

export interface EventDefinition<
  Data = unknown,
  D extends Delivery = Delivery,
  F extends From = From,
  K extends Key = Key,
> {
  readonly kind: "event";
  readonly delivery: D;
  readonly from: F;
  readonly schema: Schema;
  readonly key: ((data: never) => K) | undefined;
  readonly overflow: Overflow;
  /** Exists for inference only. */
  readonly "~types"?: { data: Data; key: K };
}

/** So many tasks are begun in so many milliseconds, by all workers together: of the name, or of each key. */
export interface TaskRate {
  /** From 1. As many may be begun at once after a rest, and the next ones evenly. */
  readonly count: number;
  /** In milliseconds. */
  readonly per: number;
  /** Default `"name"`. By key, a task without a key is not limited. */
  readonly by?: "name" | "key" | undefined;
}

export interface TaskDefinition<
  Data = unknown,
  F extends From = From,
  K extends Key = Key,
  Result = unknown,
> {
  readonly kind: "task";
  readonly from: F;
  readonly schema: Schema;
  readonly key: ((data: never) => K) | undefined;
  readonly attempts: number;
  readonly backoff: Backoff;
  /** Of what its worker returns. */
  readonly result: Schema | undefined;
  /** For how long what became of one stays known, in milliseconds. */
  readonly keep: number;
  readonly concurrency: number | undefined;
  readonly rate: TaskRate | undefined;
  /** Exists for inference only. */
  readonly "~types"?: { data: Data; key: K; result: Result };
}

export interface RequestDefinition<
  In = unknown,
  Out = unknown,
  Errors = unknown,
  F extends From = From,
  By extends Side = Side,
  Streamed extends boolean = boolean,
> {
  readonly kind: "request";
  readonly from: F;
  /** Who answers it. */
  readonly by: By;
  readonly input: Schema;
  /** Of the answer; of a streamed one, of each item. */
  readonly output: Schema;
  readonly streamed: Streamed;
  /** Whether it may be asked twice. */
  readonly idempotent: boolean;
  readonly errors: Readonly<Record<string, Schema>>;
  /** Exists for inference only. */
  readonly "~types"?: { input: In; output: Out; errors: Errors };
}
