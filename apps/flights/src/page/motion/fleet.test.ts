import { expect, test } from "vitest";
import { GreatCircle } from "../../replay/great-circle.js";
import { someAirports, someFlight } from "./fixtures.js";
import { Fleet, type Report } from "./fleet.js";

const airportOf = (code: string) => someAirports[code as keyof typeof someAirports];
const openFleet = () => new Fleet(airportOf);

/** A report of the flight at a simulated moment, `ahead` of its timetable by a share of the way. */
function report(at: number, ahead = 0, flight = someFlight): Report {
  const way = new GreatCircle(someAirports.SFO, someAirports.JFK);
  const { latitude, longitude } = way.at(
    (at - flight.departedAt) / (flight.arrivesAt - flight.departedAt) + ahead,
  );
  return { ...flight, latitude, longitude, at };
}

test("an aircraft that took off moves along its way as time goes on", () => {
  const fleet = openFleet();
  fleet.depart(someFlight);
  fleet.advance(3_000_000, 16, 180);
  expect(fleet.aircraft.get("1")!.progress).toBeCloseTo(0.5, 6);
});

test("a report eases the aircraft toward where it was seen, without a leap", () => {
  const fleet = openFleet();
  fleet.depart(someFlight);
  fleet.report(report(3_000_000, 0.1));
  fleet.advance(3_000_000, 16, 180);
  const first = fleet.aircraft.get("1")!.progress;
  expect(first).toBeGreaterThan(0.5);
  expect(first).toBeLessThan(0.51);
  for (let elapsed = 0; elapsed < 6_000; elapsed += 16) fleet.advance(3_000_000, 16, 180);
  expect(fleet.aircraft.get("1")!.progress).toBeCloseTo(0.6, 2);
});

test("a landed aircraft is gone, and a position that comes late does not bring it back", () => {
  const fleet = openFleet();
  fleet.depart(someFlight);
  fleet.land("1");
  fleet.report(report(5_000_000));
  expect(fleet.aircraft.size).toBe(0);
});

test("a whole picture removes who is missing from it, but not who was heard of meanwhile", () => {
  const fleet = openFleet();
  fleet.depart({ ...someFlight, flight: "old" });
  fleet.advance(10_000, 1_000, 180);
  const since = fleet.running;
  fleet.depart({ ...someFlight, flight: "new" });
  fleet.reconcile([report(10_000)], since);
  expect([...fleet.aircraft.keys()].sort()).toEqual(["1", "new"]);
});

test("an aircraft that nobody reports is dropped in time, yet not while the replay is paused", () => {
  const fleet = openFleet();
  fleet.depart(someFlight);
  fleet.advance(10_000, 60_000, 0);
  expect(fleet.aircraft.size).toBe(1);
  fleet.advance(10_000, 16_000, 1);
  expect(fleet.aircraft.size).toBe(0);
});

test("an aircraft whose landing was missed is dropped soon after it was due", () => {
  const fleet = openFleet();
  fleet.depart(someFlight);
  fleet.advance(6_000_000 + 180 * 4_000, 16, 180);
  expect(fleet.aircraft.size).toBe(1);
  fleet.advance(6_000_000 + 180 * 6_000, 16, 180);
  expect(fleet.aircraft.size).toBe(0);
});

test("a flight of a replay that began again takes the place of its earlier self", () => {
  const fleet = openFleet();
  fleet.depart(someFlight);
  fleet.depart({ ...someFlight, departedAt: 1_000_000, arrivesAt: 7_000_000 });
  fleet.advance(4_000_000, 16, 180);
  expect(fleet.aircraft.get("1")!.progress).toBeCloseTo(0.5, 6);
});

test("a flight beyond the map is not shown", () => {
  const fleet = openFleet();
  fleet.depart({ ...someFlight, origin: "HNL", destination: "GUM" });
  fleet.depart({ ...someFlight, flight: "2", destination: "???" });
  expect(fleet.aircraft.size).toBe(0);
});
