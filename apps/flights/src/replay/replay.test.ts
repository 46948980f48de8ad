import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Airport } from "../data/airports.js";
import type { Flight } from "./flight.js";
import { Replay, type ReplayEvent } from "./replay.js";
import { airportAt, WrittenTimetable } from "./written-timetable.js";

const airports = [airportAt("AAA", 40, -74), airportAt("BBB", 34, -118), airportAt("CCC", 21, -158)];

const legs = fc.array(
  fc.record({
    departedAt: fc.nat(1_000),
    duration: fc.integer({ min: 1, max: 400 }),
    origin: fc.constantFrom(...airports),
    destination: fc.constantFrom(...airports),
    delay: fc.integer({ min: -30, max: 90 }),
  }),
);
const flights: fc.Arbitrary<Flight[]> = legs.map((drawn) =>
  drawn
    .sort((a, b) => a.departedAt - b.departedAt)
    .map(({ duration, ...leg }, row) => ({
      ...leg,
      row,
      arrivesAt: leg.departedAt + duration,
      distance: 100,
    })),
);
const steps = fc.array(fc.nat(1_600)).map((moments) => moments.sort((a, b) => a - b));

const happened = ({ kind, aircraft: { flight } }: ReplayEvent) => ({
  kind,
  row: flight.row,
  at: kind === "departed" ? flight.departedAt : flight.arrivesAt,
});

describe("a replay", () => {
  test("loses nobody: whoever departed is in the air or has arrived, after any step", () => {
    fc.assert(
      fc.property(flights, steps, (written, moments) => {
        const replay = new Replay(new WrittenTimetable(written));
        let arrived = 0;
        for (const moment of moments) {
          arrived += replay.advance(moment).filter(({ kind }) => kind === "arrived").length;
          expect(replay.departed).toBe(written.filter(({ departedAt }) => departedAt <= moment).length);
          expect(replay.departed).toBe(replay.airborne.size + arrived);
        }
      }),
    );
  });

  test("tells the same story in one step as in many", () => {
    fc.assert(
      fc.property(flights, steps, (written, moments) => {
        const inOne = new Replay(new WrittenTimetable(written)).advance(2_000).map(happened);
        const stepwise = new Replay(new WrittenTimetable(written));
        const inMany = [...moments, 2_000].flatMap((moment) => stepwise.advance(moment)).map(happened);
        expect(inMany).toEqual(inOne);
        expect(inOne).toHaveLength(written.length * 2);
      }),
    );
  });

  test("tells everything in the order of time, a landing before a departure of the same moment", () => {
    fc.assert(
      fc.property(flights, (written) => {
        const story = new Replay(new WrittenTimetable(written)).advance(2_000).map(happened);
        for (const [index, event] of story.entries()) {
          const before = story[index - 1];
          if (!before) continue;
          expect(event.at).toBeGreaterThanOrEqual(before.at);
          if (event.at === before.at && event.kind === "arrived") expect(before.kind).toBe("arrived");
        }
      }),
    );
  });

  test("knows of every airport who came, went and is on the way", () => {
    fc.assert(
      fc.property(flights, fc.nat(1_600), (written, moment) => {
        const replay = new Replay(new WrittenTimetable(written));
        replay.advance(moment);
        const gone = written.filter(({ departedAt }) => departedAt <= moment);
        for (const { code } of airports) {
          const traffic = replay.traffic(code);
          const from = gone.filter(({ origin }) => origin.code === code);
          const to = gone.filter(({ destination }) => destination.code === code);
          expect(traffic?.departures ?? 0).toBe(from.length);
          expect(traffic?.arrivals ?? 0).toBe(to.filter(({ arrivesAt }) => arrivesAt <= moment).length);
          expect(traffic?.inbound ?? 0).toBe(to.filter(({ arrivesAt }) => arrivesAt > moment).length);
          expect(traffic?.meanDelay ?? 0).toBeCloseTo(
            from.reduce((sum, { delay }) => sum + delay, 0) / Math.max(1, from.length),
          );
        }
      }),
    );
  });

  test("waits at what is known, and misses nothing once more is", () => {
    const [origin, destination] = airports as [Airport, Airport];
    const leg = { origin, destination, delay: 0, distance: 100 };
    const timetable = new WrittenTimetable([
      { ...leg, row: 0, departedAt: 100, arrivesAt: 300 },
      { ...leg, row: 1, departedAt: 200, arrivesAt: 400 },
    ]);
    timetable.knownUntil = 150;
    const replay = new Replay(timetable);
    expect(replay.advance(1_000).map(happened)).toEqual([{ kind: "departed", row: 0, at: 100 }]);
    expect(replay.time).toBe(150);
    timetable.knownUntil = Number.POSITIVE_INFINITY;
    expect(replay.advance(1_000).map(({ kind }) => kind)).toEqual(["departed", "arrived", "arrived"]);
    expect(replay.time).toBe(1_000);
  });

  test("takes the flights that become known of the very moment it has reached", () => {
    const [origin, destination] = airports as [Airport, Airport];
    const leg = { origin, destination, delay: 0, distance: 100, departedAt: 100, arrivesAt: 300 };
    const timetable = new WrittenTimetable([{ ...leg, row: 0 }]);
    timetable.knownUntil = 100;
    const replay = new Replay(timetable);
    replay.advance(1_000);
    timetable.write({ ...leg, row: 1 });
    expect(replay.advance(1_000).map(happened)).toEqual([{ kind: "departed", row: 1, at: 100 }]);
  });

  test("is finished when the last flight has landed, not before", () => {
    const [origin, destination] = airports as [Airport, Airport];
    const leg = { origin, destination, delay: 0, distance: 100 };
    const replay = new Replay(new WrittenTimetable([{ ...leg, row: 0, departedAt: 100, arrivesAt: 300 }]));
    const finished = [50, 100, 299, 300].map((moment) => {
      replay.advance(moment);
      return replay.finished;
    });
    expect(finished).toEqual([false, false, false, true]);
  });

  test("does not go back", () => {
    const replay = new Replay(new WrittenTimetable([]));
    replay.advance(500);
    expect(replay.advance(100)).toEqual([]);
    expect(replay.time).toBe(500);
  });
});
