import type { LinkFacts, Peer } from "@eventwire/core";
import type { Counters } from "./counters.js";

/** A client that is connected and welcomed. */
export interface ConnectedPeer<User> extends Peer {
  /** What `authenticate` answered. */
  readonly user: User;
  readonly facts: LinkFacts;
  /** When it was welcomed, in milliseconds since the Unix epoch. */
  readonly since: number;
  counters(): Counters;
  /**
   * Tells it why, then ends its connection.
   *
   * @param reason for the person at the other end. `retryable` (default false): whether it may connect again by itself.
   */
  disconnect(reason: string, options?: { readonly code?: string; readonly retryable?: boolean }): void;
}
