import type { Key } from "./key.js";

/** What is offered, before it is an entry. */
export interface Offer<Data> {
  readonly data: Data;
  readonly key: Key | undefined;
  readonly priority: number;
  /** On the monotonic clock; `undefined`: at once. */
  readonly dueAt: number | undefined;
  /** In milliseconds since the Unix epoch. */
  readonly offeredAt: number;
  readonly signal: AbortSignal | undefined;
}
