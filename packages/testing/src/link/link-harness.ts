import type { LinkSource } from "@eventwire/core";
import type { Abilities, Declarations } from "../conformance/declared.js";
import type { HarnessClock } from "../conformance/harness-clock.js";

/**
 * What links may differ in. Each is tested either way: an ability that is there, and that one is really missing.
 *
 * | ability | what it means |
 * | --- | --- |
 * | `binary` | frames may be bytes |
 * | `loneSurrogates` | half a surrogate pair in a text arrives as it was |
 * | `backpressure` | `send` asks to wait when much waits, `drain` follows, and `bufferedBytes` tells how much it is |
 * | `flushes` | what was accepted before `close` still arrives |
 * | `reasons` | the other end's close reason is as retryable as the closer's; else it is always retryable |
 * | `reconnects` | a client's source makes another link after a loss, and after a retryable close of its own |
 * | `heartbeat` | a connection that has fallen silent is closed by the link itself |
 * | `address` | the server's facts tell where the client is |
 * | `headers` | the server's facts have the headers of the client's request |
 * | `auth` | the server's facts have what the client gave to say who it is |
 * | `cuttable` | the harness can break a connection |
 * | `pausable` | the harness can hold what both ends send |
 */
export type LinkAbility = (typeof linkAbilities)[number];

export const linkAbilities = [
  "binary",
  "loneSurrogates",
  "backpressure",
  "flushes",
  "reasons",
  "reconnects",
  "heartbeat",
  "address",
  "headers",
  "auth",
  "cuttable",
  "pausable",
] as const;

export type LinkFeatures = Declarations<LinkAbility>;
export type LinkAbilities = Abilities<LinkAbility>;

/** What the server is to find of a client, where the transport tells. */
export interface LinkClientOptions {
  readonly auth?: unknown;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of the harness's server: its source, and what can befall its connection. */
export interface LinkClient {
  readonly source: LinkSource;
  /** Breaks the connection as a network does, where `cuttable`: neither end has said anything to the other. */
  cut?(): void;
  /** Holds what both ends send, where `pausable`, without either being told. */
  pause?(): void;
  resume?(): void;
  /** From now on nothing arrives either way, and neither end is told. Default: `pause`. */
  silence?(): void;
}

/** A server and its clients, joined in the way that is tested. */
export interface LinkHarness {
  readonly server: LinkSource;
  /** Another client, which connects when its source is listened to, and soon again when it has lost its link. */
  client(options?: LinkClientOptions): LinkClient | Promise<LinkClient>;
  /** A client whose server is not there, and which soon tries again. */
  unreachable(): LinkSource;
  /**
   * Where everything below the links goes by it, timers and delays: the suite then lets its time pass instead of waiting, and
   * no machine is too slow. Default: the platform's time.
   */
  readonly clock?: HarnessClock;
  /** Ends all that carried the links. */
  close(): void | Promise<void>;
}

export interface TestLinkOptions {
  readonly features: LinkFeatures;
  /** Called for each test. */
  createHarness(): LinkHarness | Promise<LinkHarness>;
  /** For how long a condition is waited for before the test fails, in milliseconds. Default 10,000. */
  readonly patience?: number;
}
