import type { Store } from "../log/store.js";
import type { Ends } from "../processes/ends.js";
import type { TaskEnd } from "./end.js";

/** An implementation of a queue: its ends, and the store that they share. */
export interface TaskEnds extends Ends<TaskEnd> {
  /** Starts a store that nobody else uses. */
  start(): Promise<Store>;
}
