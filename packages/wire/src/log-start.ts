import type { Key, Offset, Position } from "@eventwire/core";
import { type BusCore, type FollowStart, placeOf } from "@eventwire/core/attach";
import { allowed, type Decision, isUndecided } from "./decision.js";
import type { Gate } from "./gate.js";
import type { Limits } from "./limits.js";
import { askedKey } from "./listening.js";
import type { ConnectedPeer } from "./peer.js";
import { invalid, undecided } from "./refusal.js";

export interface LogStartHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly gates: { readonly history: Gate };
}

/** What somebody wants of the log. */
export interface LogWish {
  readonly names: readonly string[];
  readonly key: Key | undefined;
  readonly position: Position;
}

/** Where somebody may begin. */
export async function logStart(
  host: LogStartHost,
  peer: ConnectedPeer<unknown>,
  wish: LogWish,
): Promise<FollowStart> {
  const { core, limits } = host;
  const since = wish.position;
  // There is no time before all others, which a limit of Infinity means.
  const resumable = Math.max(0, core.runtime.now() - limits.resume);
  const right = since === "now" ? allowed : await rightToAll(host, peer, wish);
  if (right.outcome === "allows") return { since };
  // What is passed over never comes again, so that only a denial lets that happen.
  const instead = isUndecided(right)
    ? undecided(wish.names[0]!, "read from so far back by this user")
    : undefined;
  return { since, earliest: resumable, instead };
}

async function rightToAll(
  { core, gates }: LogStartHost,
  peer: ConnectedPeer<unknown>,
  { names, key }: LogWish,
): Promise<Decision> {
  for (const name of names) {
    const decision = await gates.history.decide({ peer, name, key: askedKey(core, name, key) });
    if (decision.outcome !== "allows") return decision;
  }
  return allowed;
}

/** @throws {InvalidError} when it is no position. */
export function positionOf(name: string, since: string | number): Position {
  if (typeof since === "number") {
    const date = new Date(since);
    if (Number.isNaN(date.getTime())) throw invalid(name, "since must be a time");
    return date;
  }
  if (since === "start" || since === "now") return since;
  if (!placeOf(since)) throw invalid(name, "since must be an offset that this log gave");
  return since as Offset;
}
