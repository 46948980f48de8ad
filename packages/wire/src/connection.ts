import type { Bus, Contract, Subscription } from "@eventwire/core";
import type { Counters } from "./counters.js";
import type { Status } from "./status.js";

/** The connection of a client's bus to its server. */
export interface Connection {
  /** How it stands now. */
  readonly status: Status;
  /**
   * Calls `listener` with the current status at once, then with each change.
   *
   * @example
   * ```ts
   * bus.connection.watch(({ state, reason }) => banner.show(state, reason?.message));
   * ```
   */
  watch(
    listener: (status: Status) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Subscription;
  /** What has crossed it, over all its links. */
  counters(): Counters;
}

/** A bus whose other half is on a server. It lives through lost connections; `close()` ends it. */
export interface ClientBus<C extends Contract> extends Bus<C, "client"> {
  readonly connection: Connection;
}
