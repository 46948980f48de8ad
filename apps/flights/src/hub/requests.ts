import type { Bus } from "@eventwire/core";
import type { Principal } from "@eventwire/socket.io";
import type { Airspace } from "../contract.js";
import type { Airports } from "../data/airports.js";
import type { AirspaceHub } from "./airspace-hub.js";
import { statsOf } from "./messages.js";
import type { PeerLimits } from "./peer-limits.js";

export interface RequestOptions {
  hub: AirspaceHub;
  airports: Airports;
  /** How often a visitor may turn the replay's knobs, which everyone shares. */
  controlLimits: PeerLimits;
}

/** Answers what pages ask: an airport's statistics, the whole sky, a change of speed. */
export function answerRequests(bus: Bus<Airspace>, { hub, airports, controlLimits }: RequestOptions): void {
  bus.handle("airport.stats", ({ airport }, context) => {
    if (!airports.has(airport)) throw context.error("UnknownAirport", { airport });
    return statsOf(airport, hub.traffic(airport));
  });

  bus.handle("airspace.snapshot", () => ({ positions: hub.positions(), replay: hub.state }));

  bus.handle("replay.control", (change, context) => {
    const limit = context.peer && controlLimits.of((context.peer.user as Principal).id);
    if (limit && !limit.take()) throw context.error("TooManyChanges", { retryAfter: limit.retryAfter });
    return hub.control(change);
  });
}
