import type { EventwireError } from "@eventwire/core";
import type { Chain, RequestDefinition } from "@eventwire/core/attach";
import type { Decision } from "./decision.js";
import type { ConnectedPeer } from "./peer.js";

/** What the names of requests begin with that are the protocol's own: no contract has such a name. */
export const ownPrefix = "eventwire/";

/** How an own request is answered. */
export interface OwnCall {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** What its peer says led to it. */
  readonly cause: Chain | undefined;
  /** Whether its peer has left. */
  readonly left: () => boolean;
}

/** An own request whose input is one. */
export interface OwnQuestion {
  /** Whether it may be asked. */
  decide(): Decision | Promise<Decision>;
  /** Why it may not. */
  refusal(decision: Decision): EventwireError;
  /** A streamed one gives what can be iterated. */
  answer(call: OwnCall): unknown;
}

/** A request that every server answers itself. */
export interface OwnRequest {
  readonly streamed: boolean;
  /** Whether it is answered also while the bus ends. */
  readonly late: boolean;
  /** Whether it counts among the requests that a peer may have in flight; not what ends what the peer was given, which has limits of its own. */
  readonly counts: boolean;
  /** @throws {EventwireError} when the input is none, or may not be asked whatever rules say. */
  prepare(peer: ConnectedPeer<unknown>, input: unknown): OwnQuestion;
}

export type OwnRequests = ReadonlyMap<string, OwnRequest>;

/** Lets all pass: both ends check what they get themselves. */
const unchanged: RequestDefinition["input"] = {
  "~standard": { version: 1, vendor: "eventwire", validate: (value) => ({ value }) },
};

/** What those who ask and answer know of an own request. */
export function ownDefinition(streamed: boolean): RequestDefinition {
  return {
    ...{ kind: "request", from: "client", by: "server", streamed, idempotent: false },
    ...{ input: unchanged, output: unchanged, errors: {} },
  };
}

export function isOwn(name: string): boolean {
  return name.startsWith(ownPrefix);
}
