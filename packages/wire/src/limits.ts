import { MisuseError } from "@eventwire/core";

/**
 * What a server takes from one peer. Past a limit the peer gets an `Overflow` error, unless it says otherwise; other peers
 * notice nothing.
 */
export interface Limits {
  /** The largest frame, in bytes; never more than the link takes, and at least 4,096. Default: what the link takes. */
  readonly frameBytes: number;
  /**
   * The largest message, in bytes: what is larger than a part comes in parts. At least 65,536; never more than 500,000,000. What
   * the other side sends has to fit into its own `bufferedBytes` as well. Default 8 MB.
   */
  readonly messageBytes: number;
  /** Names and keys listened to at once. Default 1,000. */
  readonly listeners: number;
  /**
   * How far back who may listen to durable events may begin, in milliseconds, so that whoever was away for less than that misses nothing.
   * Who may begin anywhere is for `allow.history` to say. Default 3,600,000: an hour.
   */
  readonly resume: number;
  /** Outboxes that one peer may send durable events from at once. Default 8. */
  readonly outboxes: number;
  /**
   * How often a user may begin to send from an outbox, in a minute, over all of its connections: each time the log writes down who sends.
   * At least 1. Default 60.
   */
  readonly outboxStarts: number;
  /** Groups that a peer may be a member of at once; one that it has left counts until what it had there is given back. Default 16. */
  readonly memberships: number;
  /** Workers that a peer may have at once. Default 16. */
  readonly workers: number;
  /** Tasks that each of them may have under way at once, whatever its `concurrency`. Default 256. */
  readonly workerTasks: number;
  /** How long a peer may work on a task, in milliseconds: then that attempt has failed. Default `Infinity`: what its worker says. */
  readonly workTimeout: number;
  /** For how long at most a worker may have its tasks without a sign of life, in milliseconds: they are as long another's where it is gone. At least 1,000. Default 300,000. */
  readonly workLease: number;
  /** For how long a worker may have a task that it hands back kept from everybody, in milliseconds. Default 3,600,000. */
  readonly releaseDelay: number;
  /** The largest progress that a worker may tell, in characters of JSON. Default 16,384. */
  readonly progressBytes: number;
  /** Requests in flight at once. One whose handler is still at work counts, also if nobody waits for it. Default 256. */
  readonly requests: number;
  /** The longest time that a request may take, in milliseconds. Default 120,000. */
  readonly requestTimeout: number;
  /**
   * How long a streamed answer may wait for its peer to want more, in milliseconds; `Infinity` waits as long as the peer is
   * there. Default 300,000.
   */
  readonly streamIdle: number;
  /**
   * What may wait for a slow peer, in bytes, here and in its link. Past it live events go by their `overflow`, and are told as a gap; where
   * nothing may go the peer is disconnected as `Slow`. Default 8 MB.
   */
  readonly bufferedBytes: number;
  /** How long a new link may take to introduce itself and be let in, in milliseconds. Default 10,000. */
  readonly helloTimeout: number;
  /**
   * How long a peer may be silent before it is asked for a sign of life, in milliseconds; it has as long again to give
   * one. At least 100; `Infinity` asks nobody. Only over links that do not notice themselves that a peer is gone. Default 15,000.
   */
  readonly heartbeat: number;
  /**
   * Messages a second in the long run; after a rest ten seconds' worth at once. At least 1; `Infinity` counts none. Default 10,000.
   */
  readonly messages: number;
  /** Refusals a second, counted in the same way; past it the peer is disconnected. At least 1. Default 100. */
  readonly refusals: number;
  /** How long a rule may take, in milliseconds, before nothing more is expected of it. Default 5,000. */
  readonly decisionTimeout: number;
  /** Messages that may wait while a rule decides about one before them. Default 1,000. */
  readonly heldMessages: number;
  /** What these may take without the last of them, in bytes as they came. Default 1 MB. */
  readonly heldBytes: number;
  /**
   * How long a peer whose credentials have expired has for fresh ones before it is disconnected, in milliseconds; it may do
   * nothing else meanwhile. Default 30,000.
   */
  readonly expiryGrace: number;
}

export const defaultLimits: Limits = {
  frameBytes: Infinity,
  messageBytes: 8_000_000,
  listeners: 1_000,
  resume: 3_600_000,
  outboxes: 8,
  outboxStarts: 60,
  memberships: 16,
  workers: 16,
  workerTasks: 256,
  workTimeout: Infinity,
  workLease: 300_000,
  releaseDelay: 3_600_000,
  progressBytes: 16_384,
  requests: 256,
  requestTimeout: 120_000,
  streamIdle: 300_000,
  bufferedBytes: 8_000_000,
  helloTimeout: 10_000,
  heartbeat: 15_000,
  messages: 10_000,
  refusals: 100,
  decisionTimeout: 5_000,
  heldMessages: 1_000,
  heldBytes: 1_000_000,
  expiryGrace: 30_000,
};

/** What is less would be a mistake. Every message of the protocol itself, with the longest names, fits in 4,096 bytes. */
const least: { readonly [Name in keyof Limits]?: number } = {
  frameBytes: 4_096,
  messageBytes: 65_536,
  heartbeat: 100,
  outboxStarts: 1,
  workLease: 1_000,
  messages: 1,
  refusals: 1,
};

/** Texts of more characters do not exist everywhere. */
export const mostMessageBytes = 500_000_000;

/** The largest frame of a peer that is not welcomed yet, in bytes: room for any token, and little else. */
export const helloBytes = 16_384;

/**
 * The limits given, and the defaults for the others. A limit that is `undefined` is not given: it must not lift the default.
 *
 * @throws {MisuseError} when one of them is no limit.
 */
export function limitsFrom(given: { readonly [Name in keyof Limits]?: number | undefined } = {}): Limits {
  const limits: Record<keyof Limits, number> = { ...defaultLimits };
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    const limit = given[name];
    if (limit === undefined) continue;
    if (typeof limit !== "number" || !(limit >= (least[name] ?? 0)))
      throw new MisuseError(`limits.${name} must be a number of at least ${least[name] ?? 0}.`);
    limits[name] = limit;
  }
  return limits;
}
