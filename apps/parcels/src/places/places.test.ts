import { expect, test } from "vitest";
import { loadPlaces, milesBetween } from "./places.js";

const places = loadPlaces();

test("the places are airports with a city, a state and coordinates", () => {
  expect(places.size).toBe(34);
  expect(places.get("SEA")).toEqual({
    place: "SEA",
    city: "Seattle",
    state: "WA",
    latitude: expect.closeTo(47.449, 2),
    longitude: expect.closeTo(-122.309, 2),
  });
});

test("the way between two places is that of a great circle, in miles", () => {
  const miles = milesBetween(places.get("SEA")!, places.get("BOS")!);
  expect(miles).toBeGreaterThan(2_480);
  expect(miles).toBeLessThan(2_510);
});
