import { type Bus, createBus } from "@eventwire/core";
import { beforeEach, describe, expect, test } from "vitest";
import { type Airspace, airspace } from "../contract.js";
import type { Flight } from "../replay/flight.js";
import { REPLAY_START } from "../replay/open-replay.js";
import { Replay } from "../replay/replay.js";
import { airportAt, WrittenTimetable } from "../replay/written-timetable.js";
import { AirspaceHub, TICK } from "./airspace-hub.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const origin = airportAt("JFK", 40.64, -73.78);
const destination = airportAt("LAX", 33.94, -118.41);

/** A flight that departs and arrives so many minutes after the start. */
const flight = (row: number, departs: number, arrives: number): Flight => ({
  row,
  origin,
  destination,
  departedAt: REPLAY_START + departs * MINUTE,
  arrivesAt: REPLAY_START + arrives * MINUTE,
  delay: 7,
  distance: 2_475,
});

let bus: Bus<Airspace>;
let now: number;
let seen: string[];
let opened: number;
let closed: number;

beforeEach(() => {
  [bus, now, seen, opened, closed] = [createBus(airspace), 0, [], 0, 0];
  bus.on("flight.departed", (departure) => seen.push(`departed ${departure.flight}`));
  bus.on("flight.arrived", (arrival) => seen.push(`arrived ${arrival.flight}`));
});

function openHub(flights: readonly Flight[], speed = 180): Promise<AirspaceHub> {
  return AirspaceHub.open(bus, {
    speed,
    now: () => now,
    open: async () => {
      opened += 1;
      const replay = new Replay(new WrittenTimetable(flights));
      replay.advance(REPLAY_START);
      const close = async () => {
        closed += 1;
      };
      return { replay, close };
    },
  });
}

function tickAfter(hub: AirspaceHub, milliseconds: number): void {
  now += milliseconds;
  hub.tick();
}

const simulatedSeconds = (hub: AirspaceHub) => (hub.state.simulatedTime - REPLAY_START) / SECOND;

describe("the hub", () => {
  test("tells of departures, movements and arrivals as their time comes", async () => {
    const movements: string[] = [];
    bus.on("airport.movement", ({ airport, kind, other }) => movements.push(`${airport} ${kind} ${other}`));
    const hub = await openHub([flight(4, 1, 5)]);
    tickAfter(hub, 250);
    expect(seen).toEqual([]);
    tickAfter(hub, 250);
    expect(seen).toEqual(["departed 4"]);
    expect(hub.state).toMatchObject({ departed: 1, airborne: 1, unplaced: 0 });
    for (let tick = 0; tick < 8; tick += 1) tickAfter(hub, 250);
    expect(seen).toEqual(["departed 4", "arrived 4"]);
    expect(movements).toEqual(["JFK departure LAX", "LAX arrival JFK"]);
  });

  test("gives every aircraft a fresh position within four seconds, spread over the ticks", async () => {
    const flights = Array.from({ length: 120 }, (_, row) => flight(row, -10, 600));
    const hub = await openHub(flights, 1);
    const reports: number[][] = [];
    bus.on("flight.position", (position) => reports.at(-1)?.push(Number(position.flight)));
    for (let elapsed = 0; elapsed + TICK <= 4 * SECOND; elapsed += TICK) {
      reports.push([]);
      tickAfter(hub, TICK);
    }
    expect(new Set(reports.flat()).size).toBe(120);
    for (const report of reports) expect(report).toHaveLength(10);
  });

  test("a position says where the aircraft is at the very moment it names", async () => {
    const hub = await openHub([flight(0, 0, 10)]);
    const position = hub.positions()[0]!;
    expect(position).toMatchObject({
      latitude: origin.latitude,
      longitude: origin.longitude,
      at: REPLAY_START,
    });
    for (let tick = 0; tick < 20; tick += 1) tickAfter(hub, 100);
    const later = hub.positions()[0]!;
    expect(later.at).toBe(REPLAY_START + 360 * SECOND);
    expect(later.longitude).toBeLessThan(-95);
    expect(later.heading).toBeGreaterThan(240);
  });

  test("an aircraft is seen from its first tick, even if it lands before its turn", async () => {
    const positions: string[] = [];
    bus.on("flight.position", (position) => positions.push(position.flight));
    const hub = await openHub([flight(0, 1, 6)], 3_600);
    tickAfter(hub, 250);
    expect(positions).toContain("0");
  });

  test("after a long sleep it goes on where it was, and skips nobody", async () => {
    const flights = Array.from({ length: 50 }, (_, row) => flight(row, row, row + 60));
    const hub = await openHub(flights);
    tickAfter(hub, 3_600 * SECOND);
    expect(simulatedSeconds(hub)).toBe(180);
    tickAfter(hub, 250);
    expect(simulatedSeconds(hub)).toBe(225);
    while (hub.state.airborne > 0) tickAfter(hub, SECOND);
    expect(seen.filter((line) => line.startsWith("departed"))).toHaveLength(49);
    expect(seen.filter((line) => line.startsWith("arrived"))).toHaveLength(50);
  });

  test("a change of speed neither jumps nor loses what is due", async () => {
    const hub = await openHub([flight(0, 10, 60)], 3_600);
    now += 200;
    expect(hub.control({ speed: 1 })).toMatchObject({ speed: 1, simulatedTime: REPLAY_START + 720 * SECOND });
    expect(seen).toEqual(["departed 0"]);
    tickAfter(hub, 250);
    expect(simulatedSeconds(hub)).toBe(720.25);
  });

  test("stands still while paused, and everyone is told at once", async () => {
    const hub = await openHub([]);
    const told: boolean[] = [];
    bus.on("replay.ticked", ({ paused }) => told.push(paused));
    hub.control({ paused: true });
    expect(told).toEqual([true]);
    tickAfter(hub, 60 * SECOND);
    expect(simulatedSeconds(hub)).toBe(0);
    hub.control({ paused: false });
    tickAfter(hub, SECOND);
    expect(simulatedSeconds(hub)).toBe(180);
  });

  test("begins anew when the last flight has landed", async () => {
    const hub = await openHub([flight(0, -5, 1)]);
    expect(hub.state).toMatchObject({ departed: 1, airborne: 1 });
    tickAfter(hub, SECOND);
    expect(hub.state.airborne).toBe(0);
    await expect.poll(() => hub.state.airborne).toBe(1);
    expect(simulatedSeconds(hub)).toBe(0);
    expect([opened, closed]).toEqual([2, 1]);
    await hub.close();
    expect(closed).toBe(2);
  });
});
