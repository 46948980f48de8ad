import { describe, expect, test } from "vitest";
import { MAP, project, regionOf } from "./projection.js";

describe.each([
  ["Seattle", 47.45, -122.31, "mainland"],
  ["Key West", 24.56, -81.76, "mainland"],
  ["Fairbanks", 64.81, -147.86, "alaska"],
  ["Honolulu", 21.32, -157.92, "hawaii"],
  ["San Juan", 18.44, -66, "caribbean"],
] as const)("%s", (_, latitude, longitude, region) => {
  test(`is drawn in the region ${region}, on the map`, () => {
    expect(regionOf(latitude, longitude)).toBe(region);
    const [x, y] = project(region, latitude, longitude);
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(MAP.width);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(MAP.height);
  });
});

test("Guam lies beyond the map", () => {
  expect(regionOf(13.48, 144.8)).toBeUndefined();
});

test("north is above south, and west is left of east", () => {
  const [seattleX, seattleY] = project("mainland", 47.45, -122.31);
  const [miamiX, miamiY] = project("mainland", 25.79, -80.29);
  expect(seattleX).toBeLessThan(miamiX);
  expect(seattleY).toBeLessThan(miamiY);
});
