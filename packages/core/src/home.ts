import type { LazyBacking } from "./backing.js";
import type { Handlers } from "./handlers.js";

/** What a server's bus has in place of a way to its server. A client's bus has none, and loads none of it. */
export interface Home {
  /** Who answers requests. */
  readonly handlers: Handlers;
  /** What durable events and tasks need. */
  readonly backing: LazyBacking;
}
