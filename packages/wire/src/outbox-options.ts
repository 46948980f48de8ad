import type { OutboxStore, Subscription } from "@eventwire/core";

/** How durable events wait at a client until its server's log has them. */
export interface OutboxOptions {
  /** What keeps them. Default: memory, so that what was not acknowledged ends with the process or page. */
  readonly store?: OutboxStore | undefined;
  /** How many may wait; then `emit` rejects with an `OverflowError`. Default 1,000. */
  readonly limit?: number | undefined;
  /** How many bytes of them, as JSON text. Default 8,000,000. */
  readonly bytes?: number | undefined;
  /**
   * Whether events are sent again whose outcome is unknown, because the log was restored, or has forgotten what it knew of this outbox: they
   * may then be in the log twice. Default false: they reject with an `OutcomeUnknownError`.
   */
  readonly resend?: boolean | undefined;
}

/** What waits in the outbox of a client. */
export interface OutboxStatus {
  /** How many durable events wait for the log. */
  readonly size: number;
  /** How many of them are on their way into the store, and would be lost with the process or page. */
  readonly saving: number;
  /** How many bytes of them, as JSON text. */
  readonly bytes: number;
  /** When the first of them was emitted, in milliseconds since the Unix epoch; `undefined` where none waits. */
  readonly oldest: number | undefined;
  /** How many others stay until the user is back whose they are. */
  readonly aside: number;
}

/** The outbox of a client: the durable events that it emitted and its server's log does not have yet. */
export interface Outbox extends OutboxStatus {
  /**
   * Calls `listener` with what waits at once, then with each change.
   *
   * @example
   * ```ts
   * bus.connection.outbox.watch(({ size, saving }) => {
   *   badge.show(size === 0 ? "" : saving > 0 ? "Saving…" : `${size} will be sent`);
   * });
   * ```
   */
  watch(
    listener: (status: OutboxStatus) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Subscription;
}
