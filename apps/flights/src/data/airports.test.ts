import { expect, test } from "vitest";
import { loadAirports } from "./airports.js";
import { datasetPath } from "./dataset.js";

test("an airport is found by its code, with its place", async () => {
  const airports = await loadAirports();
  expect(airports.size).toBe(3_376);
  expect(airports.get("SFO")).toMatchObject({ city: "San Francisco", state: "CA" });
  expect(airports.get("SFO")?.latitude).toBeCloseTo(37.62, 2);
  expect(airports.get("SFO")?.longitude).toBeCloseTo(-122.37, 2);
});

test("a file with other columns is refused", async () => {
  await expect(loadAirports(datasetPath("flights-3m.parquet"))).rejects.toThrow("does not have the columns");
});
