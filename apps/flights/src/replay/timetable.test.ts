import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlightRows } from "../data/flight-rows.js";
import { estimateDuration } from "./flight.js";
import { ReadAheadTimetable } from "./timetable.js";
import { airportAt } from "./written-timetable.js";

const codes = ["AAA", "BBB", "ZZZ"];
const airports = new Map(["AAA", "BBB"].map((code) => [code, airportAt(code, 1, 2)]));

interface Row {
  departure: number;
  destination: number;
}

function rowsOf(rows: readonly Row[], firstRow: number): FlightRows {
  return {
    firstRow,
    length: rows.length,
    departure: Int32Array.from(rows, ({ departure }) => departure),
    delay: Int16Array.from(rows, () => 5),
    distance: Uint16Array.from(rows, () => 450),
    origin: Uint16Array.from(rows, () => 0),
    destination: Uint16Array.from(rows, ({ destination }) => destination),
    codes,
  };
}

async function* inGroups(groups: readonly Row[][]): AsyncGenerator<FlightRows, void, undefined> {
  let firstRow = 0;
  for (const group of groups) {
    yield rowsOf(group, firstRow);
    firstRow += group.length;
  }
}

const MINUTE = 60_000;
const turn = () => new Promise(setImmediate);

const groups = fc
  .tuple(
    fc.array(fc.record({ departure: fc.nat(50), destination: fc.constantFrom(1, 2) })),
    fc.integer({ min: 1, max: 5 }),
  )
  .map(([rows, size]) => {
    rows.sort((a, b) => a.departure - b.departure);
    return Array.from({ length: Math.ceil(rows.length / size) }, (_, group) =>
      rows.slice(group * size, (group + 1) * size),
    );
  });

describe("a timetable that reads ahead", () => {
  test("hands out every flight once and in order, however the rows are grouped", async () => {
    await fc.assert(
      fc.asyncProperty(groups, async (grouped) => {
        const timetable = await ReadAheadTimetable.open(inGroups(grouped), airports);
        const taken: number[] = [];
        for (let minute = 0; minute <= 50; ) {
          const flight = timetable.next(minute * MINUTE);
          if (flight) {
            expect(flight.departedAt).toBeLessThanOrEqual(minute * MINUTE);
            taken.push(flight.row);
          } else if (timetable.knownUntil > minute * MINUTE) minute += 1;
          else await turn();
        }
        const written = grouped.flat();
        const placed = written.flatMap(({ destination }, row) => (destination === 2 ? [] : [row]));
        expect(taken).toEqual(placed);
        expect(timetable.unplaced).toBe(written.length - placed.length);
      }),
    );
  });

  test("knows no further than it has read, and of the last minute maybe not all", async () => {
    const timetable = await ReadAheadTimetable.open(
      inGroups([[{ departure: 7, destination: 1 }], [{ departure: 7, destination: 1 }], []]),
      airports,
    );
    expect(timetable.knownUntil).toBe(7 * MINUTE);
    expect(timetable.next(60 * MINUTE)?.row).toBe(0);
    await turn();
    expect(timetable.next(60 * MINUTE)?.row).toBe(1);
  });

  test("knows as far as the rows that it has read ahead, before the first are used up", async () => {
    const timetable = await ReadAheadTimetable.open(
      inGroups([[{ departure: 7, destination: 1 }], [{ departure: 9, destination: 1 }]]),
      airports,
    );
    await turn();
    expect(timetable.knownUntil).toBe(9 * MINUTE);
  });

  test("gives a flight its times on the one clock of the replay", async () => {
    const timetable = await ReadAheadTimetable.open(
      inGroups([[{ departure: 10, destination: 1 }]]),
      airports,
    );
    await turn();
    expect(timetable.next(10 * MINUTE)).toMatchObject({
      row: 0,
      departedAt: 10 * MINUTE,
      arrivesAt: 100 * MINUTE,
      delay: 5,
    });
    expect(estimateDuration(450)).toBe(90 * MINUTE);
  });

  test("says that the file could not be read rather than showing an empty sky", async () => {
    async function* breaking(): AsyncGenerator<FlightRows, void, undefined> {
      yield rowsOf([{ departure: 1, destination: 1 }], 0);
      throw new Error("disk gone");
    }
    const timetable = await ReadAheadTimetable.open(breaking(), airports);
    await turn();
    expect(() => timetable.next(60 * MINUTE)).toThrow("disk gone");
  });
});
