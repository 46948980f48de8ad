import fc from "fast-check";
import { expect, test } from "vitest";
import type { Flight } from "./flight.js";
import { flyAgain } from "./fly-again.js";
import { Replay, type ReplayEvent } from "./replay.js";
import { airportAt, WrittenTimetable } from "./written-timetable.js";

const [origin, destination] = [airportAt("AAA", 40, -74), airportAt("BBB", 34, -118)];

/** Flights of few moments, so that many things happen at the same one. */
const flights: fc.Arbitrary<Flight[]> = fc
  .array(fc.record({ departedAt: fc.nat(8), duration: fc.integer({ min: 1, max: 4 }) }), { minLength: 1 })
  .map((drawn) =>
    drawn
      .sort((a, b) => a.departedAt - b.departedAt)
      .map(({ departedAt, duration }, row) => ({
        row,
        origin,
        destination,
        departedAt,
        arrivesAt: departedAt + duration,
        delay: 0,
        distance: 100,
      })),
  );

const movementOf = ({ kind, aircraft: { flight } }: ReplayEvent) => ({
  kind,
  row: flight.row,
  at: kind === "departed" ? flight.departedAt : flight.arrivesAt,
});

test("a replay that was told up to any movement goes on with the next one", async () => {
  const property = fc.asyncProperty(flights, fc.nat(), fc.nat(12), async (written, chosen, knownUntil) => {
    const story = new Replay(new WrittenTimetable(written)).advance(20).map(movementOf);
    const last = chosen % story.length;
    const timetable = new WrittenTimetable(written, knownUntil);
    const replay = new Replay(timetable);
    const due = await flyAgain(replay, timetable, story[last]!);
    await timetable.read();
    const rest = [...due, ...replay.advance(20)].map(movementOf);
    expect(rest).toEqual(story.slice(last + 1));
  });
  await fc.assert(property);
});
