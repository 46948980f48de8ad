import type { Ends } from "../processes/ends.js";
import type { LogEnd } from "./end.js";
import type { Store } from "./store.js";

/** An implementation of a log: its ends, and the store that they share. */
export interface LogEnds extends Ends<LogEnd> {
  /** Starts a store that nobody else uses. */
  start(): Promise<Store>;
}
