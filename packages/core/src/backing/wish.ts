import type { Gap } from "../gap.js";
import type { Key } from "../key.js";
import type { Place } from "./place.js";

/** What somebody wants of the durable events, and how. */
export interface Wish {
  readonly names: readonly string[];
  readonly key: Key | undefined;
  /** How many may be worked on at once. */
  readonly concurrency: number;
  /** Told why events are missing, after which place and up to which. */
  readonly gap: (reason: Gap["reason"], from?: Place, to?: Place) => void;
}
