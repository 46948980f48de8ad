import type { Store } from "../log/store.js";
import type { Ends } from "../processes/ends.js";
import type { TaskEnd } from "./end.js";

/** An implementation of a queue: its ends, and the store that they share. */
export interface TaskEnds extends Ends<TaskEnd> {
  /** Starts a store that nobody else uses. */
  start(): Promise<Store>;
  /** The ends where one of them has the store, and the other one works as its client. Default: these are. */
  readonly remote?: Ends<TaskEnd>;
}
