import { type GeoProjection, geoAlbers, geoConicEqualArea } from "d3-geo";

/** The map's own units: everything on it is placed in a rectangle of this size, then scaled to the screen. */
export const MAP = { width: 975, height: 610 } as const;

/** The mainland, and the parts of the country that the map shows as insets. */
export type Region = "mainland" | "alaska" | "hawaii" | "caribbean";

/** A place on the map, in map units. */
export type Point = readonly [x: number, y: number];

const SCALE = 1_300;
const across = (share: number) => MAP.width / 2 + share * SCALE;
const down = (share: number) => MAP.height / 2 + share * SCALE;

/** Albers' equal-area projection for each region; Alaska is drawn at 35% of the common scale. */
export const projections: Record<Region, GeoProjection> = {
  mainland: geoAlbers()
    .scale(SCALE)
    .translate([across(0), down(0)]),
  alaska: geoConicEqualArea()
    .rotate([154, 0])
    .center([-2, 58.5])
    .parallels([55, 65])
    .scale(SCALE * 0.35)
    .translate([across(-0.307), down(0.201)]),
  hawaii: geoConicEqualArea()
    .rotate([157, 0])
    .center([-3, 19.9])
    .parallels([8, 18])
    .scale(SCALE)
    .translate([across(-0.205), down(0.212)]),
  caribbean: geoConicEqualArea()
    .rotate([66, 0])
    .center([0, 18])
    .parallels([8, 18])
    .scale(SCALE)
    .translate([across(0.335), down(0.2)]),
};

/** The part of the map that shows a place, or undefined where the map ends (Guam, for one). */
export function regionOf(latitude: number, longitude: number): Region | undefined {
  if (latitude > 50 && (longitude < -129 || longitude > 170)) return "alaska";
  if (latitude > 15 && latitude < 24 && longitude < -150) return "hawaii";
  if (latitude > 15 && latitude < 20 && longitude > -69 && longitude < -63) return "caribbean";
  if (latitude > 24 && latitude < 50 && longitude > -126 && longitude < -66) return "mainland";
  return undefined;
}

/** Places degrees on the map as one region draws them. */
export function project(region: Region, latitude: number, longitude: number): Point {
  const point = projections[region]([longitude, latitude]);
  if (point === null)
    throw new RangeError(`${latitude}, ${longitude} cannot be drawn in the region ${region}`);
  return point;
}
