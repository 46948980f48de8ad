import { GreatCircle } from "../../replay/great-circle.js";
import type { Airport } from "../atlas/airport.js";
import { MAP, type Point, project } from "../atlas/projection.js";

/** The way between two airports, already on the map, so that a frame only looks a place up. */
export interface Route {
  /** Pairs of x and y in map units, evenly spaced along the way. */
  readonly line: Float32Array;
  /** The whole way as an angle of the globe, in radians. */
  readonly angle: number;
}

/** Where something is on the map and where it points, in radians clockwise from the right. */
export interface Place {
  x: number;
  y: number;
  bearing: number;
}

/** A curve bends visibly over some two degrees. */
const STEP = 0.035;
/** How far a schematic way bends, as a share of its length. */
const BEND = 0.1;

/**
 * Lays the great circle between two airports on the map; undefined if one of them is beyond it. Between the
 * mainland and an inset no true line exists: the way is then a schematic arc, at the same share of its length.
 */
export function createRoute(origin: Airport, destination: Airport): Route | undefined {
  const { place: from } = origin;
  const { place: to } = destination;
  if (from === undefined || to === undefined) return undefined;
  const way = new GreatCircle(origin, destination);
  const steps = Math.min(32, Math.max(4, Math.ceil(way.angle / STEP)));
  const at = (share: number): Point => {
    if (from.region !== to.region) return arc(from.point, to.point, share);
    const { latitude, longitude } = way.at(share);
    return project(from.region, latitude, longitude);
  };
  const line = new Float32Array(2 * (steps + 1));
  for (let step = 0; step <= steps; step++) line.set(at(step / steps), step * 2);
  return { line, angle: way.angle };
}

/** Writes the place at a share of the route, 0 to 1, into `place`. */
export function locate({ line }: Route, share: number, place: Place): void {
  const steps = line.length / 2 - 1;
  const step = Math.min(steps - 1, Math.floor(share * steps));
  const rest = share * steps - step;
  const x = line[step * 2]!;
  const y = line[step * 2 + 1]!;
  const across = line[step * 2 + 2]! - x;
  const down = line[step * 2 + 3]! - y;
  place.x = x + across * rest;
  place.y = y + down * rest;
  place.bearing = Math.atan2(down, across);
}

/** Bends away from the middle of the map, over the sea. */
function arc([x1, y1]: Point, [x2, y2]: Point, share: number): Point {
  const middle = [(x1 + x2) / 2, (y1 + y2) / 2] as const;
  const normal = [y2 - y1, x1 - x2] as const;
  const outward =
    normal[0] * (middle[0] - MAP.width / 2) + normal[1] * (middle[1] - MAP.height / 2) < 0 ? -1 : 1;
  const bend = [middle[0] + outward * normal[0] * BEND, middle[1] + outward * normal[1] * BEND] as const;
  const weigh = (start: number, control: number, end: number) =>
    (1 - share) ** 2 * start + 2 * (1 - share) * share * control + share ** 2 * end;
  return [weigh(x1, bend[0], x2), weigh(y1, bend[1], y2)];
}
