import type { Bus, Contract, Subscription } from "@eventwire/core";
import type { Counters } from "./counters.js";
import type { Outbox } from "./outbox-options.js";
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
  /**
   * Asks `auth` anew and has the server take what it gives, without reconnecting: call it when rights were gained or a token
   * was replaced. It is done by itself in time before credentials expire. What was refused before is then listened to again.
   *
   * Resolves when the server has taken it. Without a connection there is nothing to do: each begins with asking `auth`.
   *
   * @throws {DeniedError} when the server refuses them; those of before hold on. Those of another user end the connection.
   * @throws {OverflowError} when it is done too often; the message says when to try again.
   * @throws {TimeoutError} when nothing is answered within 20 s.
   *
   * @example
   * ```ts
   * session.onToken(() => bus.connection.refresh());
   * ```
   */
  refresh(): Promise<void>;
  /** The durable events that were emitted here and are not in the server's log yet. */
  readonly outbox: Outbox;
  /** What has crossed it, over all its links. */
  counters(): Counters;
}

/** A bus whose other half is on a server. It lives through lost connections; `close()` ends it. */
export interface ClientBus<C extends Contract> extends Bus<C, "client"> {
  readonly connection: Connection;
}
