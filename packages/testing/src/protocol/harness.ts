import type { Frame } from "@eventwire/core";
import type { Limits } from "@eventwire/wire";
import type { Abilities, Declarations } from "../conformance/declared.js";
import type { HarnessClock } from "../conformance/harness-clock.js";

/**
 * What servers may differ in. Each is tested either way.
 *
 * | ability | what it means |
 * | --- | --- |
 * | `messagepack` | it reads and writes frames of bytes |
 * | `oversize` | a frame over the size is refused, and the link goes on; else the transport ends the link |
 * | `openingAuth` | the transport's own opening can bring `auth` |
 * | `halfOpen` | the transport does not notice that the other end is gone, so the server asks for signs of life |
 * | `clock` | the harness can let time pass; else what takes more than a second is left out |
 */
export type ProtocolAbility = (typeof protocolAbilities)[number];

export const protocolAbilities = ["messagepack", "oversize", "openingAuth", "halfOpen", "clock"] as const;

export type ProtocolFeatures = Declarations<ProtocolAbility>;
export type ProtocolAbilities = Abilities<ProtocolAbility>;

/** What a link tells the suite: frames in order, and once that it has ended. */
export interface FrameReceiver {
  frame(frame: Frame): void;
  ended(): void;
}

/** The client's end of a link to the server, below everything that is said over it. */
export interface FrameLink {
  /** A text, or bytes. */
  send(frame: Frame): void;
  /** Ends the link without a word. */
  close(): void;
}

/** A server that runs the suite's application, see `protocolApplication`. */
export interface ProtocolHarness {
  /** Another link to it. `auth` is what the transport's own opening is to bring, where it can. */
  connect(receiver: FrameReceiver, options: { readonly auth?: unknown }): FrameLink | Promise<FrameLink>;
  /** What the server goes by, where its time can be let pass. */
  readonly clock?: HarnessClock;
  /** Ends the server and all links. */
  close(): void | Promise<void>;
}

export interface TestProtocolOptions {
  readonly features: ProtocolFeatures;
  /**
   * Called for each case that needs a server.
   *
   * @param limits what the server takes of a peer; all others are the defaults.
   */
  createHarness(limits: Partial<Limits>): ProtocolHarness | Promise<ProtocolHarness>;
  /** For how long a condition is waited for before the test fails, in milliseconds. Default 10,000. */
  readonly patience?: number;
}
