import { describe, expect, test } from "vitest";
import { GreatCircle } from "../../replay/great-circle.js";
import { project } from "../atlas/projection.js";
import { someAirports } from "./fixtures.js";
import { createRoute, locate } from "./route.js";

const { SFO, JFK, HNL, GUM } = someAirports;
const at = (share: number, from = SFO, to = JFK) => {
  const place = { x: 0, y: 0, bearing: 0 };
  locate(createRoute(from, to)!, share, place);
  return place;
};

describe("on the mainland", () => {
  test.each([0, 0.25, 0.5, 0.9, 1])(
    "a route follows the great circle at the share %d of the way",
    (share) => {
      const { latitude, longitude } = new GreatCircle(SFO, JFK).at(share);
      const [x, y] = project("mainland", latitude, longitude);
      const place = at(share);
      expect(Math.hypot(place.x - x, place.y - y)).toBeLessThan(0.2);
    },
  );

  test("a route eastward points to the right", () => {
    expect(Math.abs(at(0.5).bearing)).toBeLessThan(0.4);
    expect(Math.abs(at(0.5, JFK, SFO).bearing)).toBeGreaterThan(2.7);
  });
});

test("a route to an inset begins and ends at the airports' places on the map", () => {
  const [x, y] = HNL.place!.point;
  expect(at(0, SFO, HNL).x).toBeCloseTo(SFO.place!.point[0], 3);
  expect(at(1, SFO, HNL).x).toBeCloseTo(x, 3);
  expect(at(1, SFO, HNL).y).toBeCloseTo(y, 3);
});

test("a route beyond the map does not exist", () => {
  expect(createRoute(HNL, GUM)).toBeUndefined();
});
