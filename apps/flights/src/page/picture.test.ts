import { BehaviorSubject, EMPTY, Subject } from "rxjs";
import { expect, test, vi } from "vitest";
import type { Arrival, Departure, Position, Replay } from "../contract.js";
import type { AirspaceEvents } from "./airspace-events.js";
import { someAirports, someFlight } from "./motion/fixtures.js";
import { Fleet } from "./motion/fleet.js";
import { SimulatedClock } from "./motion/simulated-clock.js";
import { keepPicture, type Snapshot } from "./picture.js";

const replay: Replay = { simulatedTime: 0, speed: 180, paused: false, departed: 1, airborne: 1, unplaced: 0 };
const position = (flight: string): Position => ({
  ...someFlight,
  flight,
  latitude: someAirports.SFO.latitude,
  longitude: someAirports.SFO.longitude,
  heading: 90,
  at: 0,
});

/** A page's picture, with a hub whose every word the test speaks. */
function watchPicture() {
  const departures = new Subject<Departure>();
  const arrivals = new Subject<Arrival>();
  const connected = new BehaviorSubject(false);
  const replays = new Subject<Replay>();
  const answers: ((snapshot: Snapshot | Error) => void)[] = [];
  const events: AirspaceEvents = {
    departures,
    arrivals,
    connected,
    replays,
    movements: EMPTY,
    gaps: EMPTY,
    positions: EMPTY,
    alerts: EMPTY,
    statuses: EMPTY,
    movementsAt: () => EMPTY,
    adopt: (state) => replays.next(state),
  };
  const ask = (): Promise<Snapshot> =>
    new Promise((resolve, reject) => {
      answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  const fleet = new Fleet((code) => someAirports[code as keyof typeof someAirports]);
  const clock = new SimulatedClock();
  const states: string[] = [];
  keepPicture(ask, events, fleet, clock).subscribe((state) => states.push(state));
  const flights = () => [...fleet.aircraft.keys()].sort();
  return { departures, arrivals, connected, answers, fleet, clock, states, flights };
}

test("what departs while the picture is loading is in it too", async () => {
  const { connected, departures, answers, states, flights, clock } = watchPicture();
  connected.next(true);
  departures.next({ ...someFlight, number: 1, flight: "meanwhile", distance: 0 });
  answers[0]!({ positions: [position("loaded")], replay });
  await vi.waitFor(() => expect(states).toEqual(["loading", "ready"]));
  expect(flights()).toEqual(["loaded", "meanwhile"]);
  expect(clock.known).toBe(true);
});

test("after a reconnection the picture is loaded again, and what ended meanwhile is gone", async () => {
  const { connected, answers, fleet, flights } = watchPicture();
  connected.next(true);
  answers[0]!({ positions: [position("1"), position("2")], replay });
  await vi.waitFor(() => expect(flights()).toEqual(["1", "2"]));
  fleet.advance(10_000, 16, 180);
  connected.next(false);
  connected.next(true);
  expect(answers).toHaveLength(2);
  answers[1]!({ positions: [position("2"), position("3")], replay });
  await vi.waitFor(() => expect(flights()).toEqual(["2", "3"]));
});

test("the clock stands while the hub cannot be heard", async () => {
  const { connected, answers, clock, states } = watchPicture();
  connected.next(true);
  answers[0]!({ positions: [], replay });
  await vi.waitFor(() => expect(states).toContain("ready"));
  expect(clock.speed).toBe(180);
  connected.next(false);
  expect(clock.speed).toBe(0);
});

test("a picture that does not come is asked for again, and failed after the last try", async () => {
  vi.useFakeTimers();
  try {
    const { connected, answers, states } = watchPicture();
    connected.next(true);
    for (let attempt = 0; attempt < 6; attempt++) {
      expect(answers).toHaveLength(attempt + 1);
      answers[attempt]!(new Error("no answer"));
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(states).toEqual(["loading", "failed"]);
  } finally {
    vi.useRealTimers();
  }
});
