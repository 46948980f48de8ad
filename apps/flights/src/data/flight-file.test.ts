import { expect, test } from "vitest";
import { openFlightFile } from "./flight-file.js";

const minutes = (iso: string) => Date.parse(iso) / 60_000;

test("the file has three million flights, the first in the first minute of 2001", async () => {
  const file = await openFlightFile();
  expect(file.rows).toBe(3_000_000);
  for await (const rows of file.read()) {
    expect(rows.firstRow).toBe(0);
    expect(rows.departure[0]).toBe(minutes("2001-01-01T00:01Z"));
    expect([rows.codes[rows.origin[0]!], rows.codes[rows.destination[0]!]]).toEqual(["LAS", "PHL"]);
    expect([rows.delay[0], rows.distance[0]]).toEqual([33, 2_176]);
    break;
  }
});

test("row groups follow each other without a gap and departures never fall", async () => {
  const file = await openFlightFile();
  let [next, last, groups] = [0, 0, 0];
  for await (const rows of file.read()) {
    expect(rows.firstRow).toBe(next);
    const falls = rows.departure.findIndex((departure, row) => departure < (rows.departure[row - 1] ?? last));
    expect(falls).toBe(-1);
    next += rows.length;
    last = rows.departure.at(-1) ?? last;
    groups += 1;
    if (groups === 2) break;
  }
  expect(next).toBe(545_454);
});

/** Where the file's times come from: what the README says about them is only true while these hold. */
test("times are local at the origin: mornings begin at the same hour from coast to coast", async () => {
  const file = await openFlightFile();
  const { value: rows } = await file.read().next();
  const morningShare = (code: string) => {
    const hours = Array.from(rows!.departure)
      .filter((_, row) => rows!.codes[rows!.origin[row]!] === code)
      .map((minute) => Math.floor((minute % 1_440) / 60));
    return {
      night: hours.filter((hour) => hour >= 2 && hour < 5).length / hours.length,
      morning: hours.filter((hour) => hour >= 6 && hour < 9).length / hours.length,
    };
  };
  for (const code of ["JFK", "ORD", "DEN", "LAX", "HNL"]) {
    expect(morningShare(code).night, code).toBeLessThan(0.02);
    expect(morningShare(code).morning, code).toBeGreaterThan(0.1);
  }
});
