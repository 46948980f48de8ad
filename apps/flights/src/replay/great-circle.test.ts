import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GreatCircle, type Place } from "./great-circle.js";

const JFK = { latitude: 40.63975, longitude: -73.77893 };
const LAX = { latitude: 33.94254, longitude: -118.40807 };
const EARTH_RADIUS_MILES = 3_958.8;

const place = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const apart = (from: Place, to: Place) => new GreatCircle(from, to).angle;
const opposite = (from: Place, to: Place) => apart(from, to) > Math.PI - 1e-3;

describe("a great circle", () => {
  test("is as long as the atlas says, but for the half percent that the globe is not a sphere", () => {
    expect(Math.abs((apart(JFK, LAX) * EARTH_RADIUS_MILES) / 2_475 - 1)).toBeLessThan(0.005);
  });

  test("leaves New York for Los Angeles north of west and arrives south of it", () => {
    const way = new GreatCircle(JFK, LAX);
    expect(way.at(0).heading).toBeCloseTo(273.8, 0);
    expect(way.at(1).heading).toBeCloseTo(245.9, 0);
  });

  test.each([
    ["north", { latitude: 10, longitude: 20 }, { latitude: 30, longitude: 20 }, 0],
    ["south", { latitude: 30, longitude: 20 }, { latitude: 10, longitude: 20 }, 180],
    ["east", { latitude: 0, longitude: 20 }, { latitude: 0, longitude: 40 }, 90],
    ["west over the date line", { latitude: 0, longitude: -170 }, { latitude: 0, longitude: 170 }, 270],
  ])("heads due %s", (_, from, to, heading) => {
    for (const part of [0, 0.5, 1])
      expect(new GreatCircle(from, to).at(part).heading).toBeCloseTo(heading, 9);
  });

  test("begins and ends where it was told to", () => {
    fc.assert(
      fc.property(place, place, (from, to) => {
        fc.pre(!opposite(from, to));
        const way = new GreatCircle(from, to);
        expect(apart(way.at(0), from)).toBeLessThan(1e-6);
        expect(apart(way.at(1), to)).toBeLessThan(1e-6);
      }),
    );
  });

  test("is covered evenly: the way gone grows with the fraction", () => {
    fc.assert(
      fc.property(place, place, fraction, (from, to, part) => {
        const way = new GreatCircle(from, to);
        expect(apart(from, way.at(part))).toBeCloseTo(way.angle * part, 6);
      }),
    );
  });

  test("has numbers in range everywhere, even between one place and itself or its opposite", () => {
    const pair = fc.oneof(
      fc.tuple(place, place),
      place.map((from): [Place, Place] => [from, from]),
      place.map(({ latitude, longitude }): [Place, Place] => [
        { latitude, longitude },
        { latitude: -latitude, longitude: longitude + 180 },
      ]),
    );
    fc.assert(
      fc.property(pair, fraction, ([from, to], part) => {
        const { latitude, longitude, heading } = new GreatCircle(from, to).at(part);
        expect(Math.abs(latitude)).toBeLessThanOrEqual(90);
        expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
        expect(heading).toBeGreaterThanOrEqual(0);
        expect(heading).toBeLessThan(360);
      }),
    );
  });
});
