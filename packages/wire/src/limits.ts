/** What a server takes from one peer. Past a limit the peer gets an `Overflow` error; other peers notice nothing. */
export interface Limits {
  /** The largest frame, in bytes; never more than the link takes. Default: what the link takes. */
  readonly frameBytes: number;
  /** Names and keys listened to at once. Default 1,000. */
  readonly listeners: number;
  /** Requests in flight at once. Default 256. */
  readonly requests: number;
  /** The longest time that a request may take, in milliseconds. Default 120,000. */
  readonly requestTimeout: number;
  /** What may wait for a slow peer, in bytes, before it is disconnected. Default 8 MB. */
  readonly bufferedBytes: number;
  /** How long a new link may take to introduce itself, in milliseconds. Default 10,000. */
  readonly helloTimeout: number;
}

export const defaultLimits: Limits = {
  frameBytes: Number.POSITIVE_INFINITY,
  listeners: 1_000,
  requests: 256,
  requestTimeout: 120_000,
  bufferedBytes: 8_000_000,
  helloTimeout: 10_000,
};
