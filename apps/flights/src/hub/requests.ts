import type { Bus } from "@eventwire/core";
import type { Airspace } from "../contract.js";
import type { Airports } from "../data/airports.js";
import type { AirspaceHub } from "./airspace-hub.js";
import { statsOf } from "./messages.js";

export interface RequestOptions {
  hub: AirspaceHub;
  airports: Airports;
}

/** Answers what pages ask: an airport's statistics, the whole sky, a change of speed. */
export function answerRequests(bus: Bus<Airspace>, { hub, airports }: RequestOptions): void {
  bus.handle("airport.stats", ({ airport }, context) => {
    if (!airports.has(airport)) throw context.error("UnknownAirport", { airport });
    return statsOf(airport, hub.traffic(airport));
  });

  bus.handle("airspace.snapshot", () => ({ positions: hub.positions(), replay: hub.state }));

  bus.handle("replay.control", (change) => hub.control(change));
}
