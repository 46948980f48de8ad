import { type Broker, type Bus, createBus, UnsupportedError } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Airspace, airspace, flightLog } from "../contract.js";
import type { Flight } from "../replay/flight.js";
import { flyAgain } from "../replay/fly-again.js";
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

/** Keeps a replay from its end, where it begins anew. */
const late = flight(99, 1_000, 1_100);

let broker: Broker;
let bus: Bus<Airspace>;
let now: number;
let seen: string[];
let numbers: number[];
let errors: unknown[];
let opened: number;
let closed: number;

beforeEach(() => {
  [broker, now, errors, opened, closed] = [memory(), 0, [], 0, 0];
  startBus();
});
afterEach(() => bus.close());

/** A bus on the log, and all that the log has. */
function startBus(): void {
  bus = createBus(airspace, { broker });
  [seen, numbers] = [[], []];
  const listener = bus.narrow(flightLog);
  listener.on(
    "flight.*",
    ({ name, data }) => {
      seen.push(`${name.slice("flight.".length)} ${data.flight}`);
      numbers.push(data.number);
    },
    { since: "start" },
  );
}

function openHub(flights: readonly Flight[], speed = 180): Promise<AirspaceHub> {
  return AirspaceHub.open(bus, {
    speed,
    now: () => now,
    onError: (error) => errors.push(error),
    open: async (reached) => {
      opened += 1;
      const timetable = new WrittenTimetable(flights);
      const replay = new Replay(timetable);
      if (!reached) replay.advance(REPLAY_START);
      const due = reached ? await flyAgain(replay, timetable, reached) : [];
      const close = async () => {
        closed += 1;
      };
      return { replay, due, close };
    },
  });
}

async function tickAfter(hub: AirspaceHub, milliseconds: number): Promise<void> {
  now += milliseconds;
  hub.tick();
  await hub.written();
}

const heard = (movements: readonly string[]) => vi.waitFor(() => expect(seen).toEqual(movements));

const simulatedSeconds = (hub: AirspaceHub) => (hub.state.simulatedTime - REPLAY_START) / SECOND;

describe("the hub", () => {
  test("tells of departures, movements and arrivals as their time comes", async () => {
    const movements: string[] = [];
    bus.on("airport.movement", ({ airport, kind, other }) => movements.push(`${airport} ${kind} ${other}`));
    const hub = await openHub([flight(4, 1, 5), late]);
    await tickAfter(hub, 250);
    await heard([]);
    await tickAfter(hub, 250);
    await heard(["departed 4"]);
    expect(hub.state).toMatchObject({ departed: 1, airborne: 1, unplaced: 0 });
    for (let tick = 0; tick < 8; tick += 1) await tickAfter(hub, 250);
    await heard(["departed 4", "arrived 4"]);
    expect(numbers).toEqual([1, 2]);
    expect(movements).toEqual(["JFK departure LAX", "LAX arrival JFK"]);
  });

  test("gives every aircraft a fresh position within four seconds, spread over the ticks", async () => {
    const flights = Array.from({ length: 120 }, (_, row) => flight(row, -10, 600));
    const hub = await openHub(flights, 1);
    const reports: number[][] = [];
    bus.on("flight.position", (position) => reports.at(-1)?.push(Number(position.flight)));
    for (let elapsed = 0; elapsed + TICK <= 4 * SECOND; elapsed += TICK) {
      reports.push([]);
      await tickAfter(hub, TICK);
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
    for (let tick = 0; tick < 20; tick += 1) await tickAfter(hub, 100);
    const later = hub.positions()[0]!;
    expect(later.at).toBe(REPLAY_START + 360 * SECOND);
    expect(later.longitude).toBeLessThan(-95);
    expect(later.heading).toBeGreaterThan(240);
  });

  test("an aircraft is seen from its first tick, even if it lands before its turn", async () => {
    const positions: string[] = [];
    bus.on("flight.position", (position) => positions.push(position.flight));
    const hub = await openHub([flight(0, 1, 6)], 3_600);
    await tickAfter(hub, 250);
    expect(positions).toContain("0");
  });

  test("after a long sleep it goes on where it was, and skips nobody", async () => {
    const flights = Array.from({ length: 50 }, (_, row) => flight(row, row, row + 60));
    const hub = await openHub(flights);
    await tickAfter(hub, 3_600 * SECOND);
    expect(simulatedSeconds(hub)).toBe(180);
    await tickAfter(hub, 250);
    expect(simulatedSeconds(hub)).toBe(225);
    for (let tick = 0; tick < 36; tick += 1) await tickAfter(hub, SECOND);
    await vi.waitFor(() => expect(seen).toHaveLength(99));
    expect(seen.filter((line) => line.startsWith("departed"))).toHaveLength(49);
    expect(numbers).toEqual(Array.from({ length: 99 }, (_, index) => index + 1));
  });

  test("a change of speed neither jumps nor loses what is due", async () => {
    const hub = await openHub([flight(0, 10, 60)], 3_600);
    now += 200;
    expect(hub.control({ speed: 1 })).toMatchObject({ speed: 1, simulatedTime: REPLAY_START + 720 * SECOND });
    await heard(["departed 0"]);
    await tickAfter(hub, 250);
    expect(simulatedSeconds(hub)).toBe(720.25);
  });

  test("stands still while paused, and everyone is told at once", async () => {
    const hub = await openHub([late]);
    const told: boolean[] = [];
    bus.on("replay.ticked", ({ paused }) => told.push(paused));
    hub.control({ paused: true });
    expect(told).toEqual([true]);
    await tickAfter(hub, 60 * SECOND);
    expect(simulatedSeconds(hub)).toBe(0);
    hub.control({ paused: false });
    await tickAfter(hub, SECOND);
    expect(simulatedSeconds(hub)).toBe(180);
  });

  test("begins anew when the last flight has landed", async () => {
    const hub = await openHub([flight(0, -5, 1)]);
    expect(hub.state).toMatchObject({ departed: 1, airborne: 1 });
    now += SECOND;
    hub.tick();
    expect(hub.state.airborne).toBe(0);
    await expect.poll(() => hub.state.airborne).toBe(1);
    expect(simulatedSeconds(hub)).toBe(0);
    expect([opened, closed]).toEqual([2, 1]);
    await hub.close();
    expect(closed).toBe(2);
  });
});

/** Three departures of one minute, and their arrivals of another. */
const together = [flight(1, 1, 5), flight(2, 1, 5), flight(3, 1, 5), late];

describe("the hub's log", () => {
  test("has a hub that is started again go on behind its last movement, in the replay and in numbers", async () => {
    const flights = [...Array.from({ length: 20 }, (_, row) => flight(row, row, row + 5)), late];
    const first = await openHub(flights);
    for (let tick = 0; tick < 10; tick += 1) await tickAfter(first, 250);
    await bus.close();
    startBus();
    const second = await openHub(flights, 3_600);
    const wasAt = second.state;
    expect(wasAt.simulatedTime).toBe(REPLAY_START + 7 * MINUTE);
    await tickAfter(second, SECOND);
    await vi.waitFor(() => expect(numbers).toEqual(Array.from({ length: 39 }, (_, index) => index + 1)));
    expect(new Set(seen).size).toBe(39);
  });

  test.each([1, 2, 3, 4, 5])(
    "that ends in the middle of a minute is completed, from movement %d on",
    async (last) => {
      const story = ["departed 1", "departed 2", "departed 3", "arrived 1", "arrived 2", "arrived 3"];
      const whole = await openHub(together);
      for (let tick = 0; tick < 2; tick += 1) await tickAfter(whole, SECOND);
      await heard(story);
      const { records } = await broker.log.read({ after: 0, limit: last, bytes: 10_000 });
      await bus.close();
      broker = memory();
      await broker.open();
      await broker.log.append(records.map((record) => ({ ...record, shard: 0 })));
      startBus();
      const hub = await openHub(together);
      for (let tick = 0; tick < 10; tick += 1) await tickAfter(hub, SECOND);
      await heard(story);
      expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    },
  );

  test("slows the replay down while it takes nothing", async () => {
    let take = (): void => undefined;
    const append = broker.log.append.bind(broker.log);
    vi.spyOn(broker.log, "append").mockImplementationOnce(async (batch) => {
      await new Promise<void>((resolve) => {
        take = resolve;
      });
      return append(batch);
    });
    const hub = await openHub(Array.from({ length: 60 }, (_, row) => flight(row, row, row + 60)));
    now += 500;
    hub.tick();
    const reached = hub.state.simulatedTime;
    for (let tick = 0; tick < 40; tick += 1) {
      now += 250;
      hub.tick();
    }
    expect(hub.state.simulatedTime).toBe(reached);
    await vi.waitFor(() => expect(broker.log.append).toHaveBeenCalled());
    take();
    await hub.written();
    await tickAfter(hub, 250);
    expect(hub.state.simulatedTime).toBe(reached + 180 * SECOND);
    await vi.waitFor(() => expect(numbers).toEqual([1, 2, 3, 4]));
  });

  test("is given again what it refused, under the same numbers, and nothing else", async () => {
    vi.spyOn(broker.log, "append").mockRejectedValueOnce(new UnsupportedError("The disk is full."));
    const hub = await openHub(Array.from({ length: 9 }, (_, row) => flight(row, row, row + 60)));
    await tickAfter(hub, SECOND);
    expect(errors).toHaveLength(1);
    await tickAfter(hub, SECOND);
    await vi.waitFor(() => expect(numbers).toEqual([1, 2, 3, 4, 5, 6]));
    expect(new Set(seen).size).toBe(6);
    expect(errors).toHaveLength(1);
  });

  test("counts on when the replay begins anew", async () => {
    const hub = await openHub([flight(0, 1, 2)]);
    for (let round = 0; round < 2; round += 1) {
      await tickAfter(hub, SECOND);
      await vi.waitFor(() => expect([opened, closed]).toEqual([round + 2, round + 1]));
    }
    await heard(["departed 0", "arrived 0", "departed 0", "arrived 0"]);
    expect(numbers).toEqual([1, 2, 3, 4]);
  });
});
