import type { Airport } from "../atlas/airport.js";
import { airports } from "../atlas/airports.js";
import type { Point } from "../atlas/projection.js";
import type { Aircraft } from "../motion/fleet.js";
import { toScreen, type View } from "./stage.js";

/** What lies under a pointer. */
export type Picked =
  | { readonly kind: "aircraft"; readonly aircraft: Aircraft }
  | { readonly kind: "airport"; readonly airport: Airport };

/** How near the pointer must be, in CSS pixels; a finger is less exact. */
const REACH = { mouse: 10, touch: 20 } as const;

/** Finds what a pointer means: an airport it is right on, else the nearest aircraft, else the nearest airport. */
export function pick(
  view: View,
  point: Point,
  pointer: keyof typeof REACH,
  fleet: Iterable<Aircraft>,
): Picked | undefined {
  const reach = REACH[pointer];
  const airport = nearest(
    airports.filter(({ place }) => place !== undefined),
    ({ place }) => distance(point, toScreen(view, place!.point)),
  );
  if (airport !== undefined && airport.distance < 5) return { kind: "airport", airport: airport.item };
  const aircraft = nearest(fleet, ({ x, y }) => distance(point, toScreen(view, [x, y])));
  if (aircraft !== undefined && aircraft.distance < reach)
    return { kind: "aircraft", aircraft: aircraft.item };
  return airport !== undefined && airport.distance < reach
    ? { kind: "airport", airport: airport.item }
    : undefined;
}

const distance = ([x1, y1]: Point, [x2, y2]: Point): number => Math.hypot(x1 - x2, y1 - y2);

function nearest<T>(
  items: Iterable<T>,
  measure: (item: T) => number,
): { item: T; distance: number } | undefined {
  let best: { item: T; distance: number } | undefined;
  for (const item of items) {
    const found = measure(item);
    if (best === undefined || found < best.distance) best = { item, distance: found };
  }
  return best;
}
