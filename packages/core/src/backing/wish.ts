import type { LogGapReason } from "../gap.js";
import type { Key } from "../key.js";

/** What somebody wants of the durable events, and how. */
export interface Wish {
  readonly names: readonly string[];
  readonly key: Key | undefined;
  /** How many may be worked on at once. */
  readonly concurrency: number;
  /** Told why events are missing. */
  readonly gap: (reason: LogGapReason) => void;
}
