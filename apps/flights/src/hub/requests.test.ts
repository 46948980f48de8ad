import { createBus } from "@eventwire/core";
import { afterAll, describe, expect, test } from "vitest";
import { airspace } from "../contract.js";
import { loadAirports } from "../data/airports.js";
import { openReplay } from "../replay/open-replay.js";
import { AirspaceHub } from "./airspace-hub.js";
import { answerRequests } from "./requests.js";

const airports = await loadAirports();
const bus = createBus(airspace);
const hub = await AirspaceHub.open(bus, {
  speed: 180,
  now: () => 0,
  open: () => openReplay(airports),
  onError: (error) => {
    throw error;
  },
});
answerRequests(bus, {
  hub,
  airports,
});
afterAll(() => hub.close());

describe("what pages ask", () => {
  test("an airport's statistics count from midnight", async () => {
    const stats = await bus.request("airport.stats", { airport: "ATL" });
    // Rows of the file from ATL up to and with eight o'clock.
    expect(stats.departures).toBe(41);
    expect(stats.inbound).toBe(hub.positions().filter(({ destination }) => destination === "ATL").length);
    expect(stats.busiest).toHaveLength(5);
    expect(stats.busiest[0]!.departures).toBeGreaterThanOrEqual(stats.busiest[4]!.departures);
  });

  test("an airport without flights has seen none", async () => {
    const stats = await bus.request("airport.stats", { airport: "00M" });
    expect(stats).toEqual({
      airport: "00M",
      departures: 0,
      arrivals: 0,
      inbound: 0,
      meanDelay: 0,
      busiest: [],
    });
  });

  test("an airport that does not exist is answered with its typed error", async () => {
    const outcome = await bus.request("airport.stats", { airport: "QQQ" }).result();
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: "UnknownAirport", detail: { airport: "QQQ" } },
    });
  });

  test("the snapshot has every aircraft in the air and the state of the replay", async () => {
    const { positions, replay } = await bus.request("airspace.snapshot", {});
    expect(positions).toHaveLength(replay.airborne);
    expect(replay).toMatchObject({ departed: 1_716, speed: 180, paused: false });
  });

  test("pausing answers with the state that everyone now sees", async () => {
    expect(await bus.request("replay.control", { paused: true })).toEqual(hub.state);
    expect(hub.state.paused).toBe(true);
  });
});
