import type { Declarations } from "../../conformance/declared.js";
import type { HarnessClock } from "../../conformance/harness-clock.js";
import type { FrameLink, FrameReceiver } from "../harness.js";

/**
 * What clients may differ in. Each is tested either way.
 *
 * | ability | what it means |
 * | --- | --- |
 * | `messagepack` | it reads and writes frames of bytes |
 * | `helloAuth` | its hello says who it is; else its transport's opening does |
 * | `clock` | the harness can let time pass; else what takes more than a second is left out |
 */
export type ProtocolClientAbility = (typeof protocolClientAbilities)[number];

export const protocolClientAbilities = ["messagepack", "helloAuth", "clock"] as const;

export type ProtocolClientFeatures = Declarations<ProtocolClientAbility>;

/** A client that runs the suite's application, see `protocolClient`, and connects again and again. */
export interface ProtocolClientHarness {
  /** What the client goes by, where its time can be let pass. */
  readonly clock?: HarnessClock;
  /** Ends the client and all links. */
  close(): void | Promise<void>;
}

export interface TestProtocolClientOptions {
  readonly features: ProtocolClientFeatures;
  /**
   * Starts a client. Called for each case.
   *
   * @param onLink called with the server's end of each link that it opens; gives what is told of it.
   */
  createHarness(
    onLink: (link: FrameLink) => FrameReceiver,
  ): ProtocolClientHarness | Promise<ProtocolClientHarness>;
  /** For how long a condition is waited for before the test fails, in milliseconds. Default 10,000. */
  readonly patience?: number;
}
