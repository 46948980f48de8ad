import type { Airport } from "../atlas/airport.js";
import { airports } from "../atlas/airports.js";
import { toScreen, type View } from "./stage.js";

/** An airport's code and where it is written: left edge and middle, in CSS pixels. */
export interface Label {
  readonly airport: Airport;
  readonly x: number;
  readonly y: number;
}

const HEIGHT = 13;
const GAP = 7;
/** How much further the ring around the selected airport pushes its name. */
const RING = 5;

/** Names the selected airport, then the busiest that fit without touching another name. */
export function placeLabels(
  context: CanvasRenderingContext2D,
  view: View,
  selected: Airport | undefined,
): readonly Label[] {
  const wanted = airports.slice(0, Math.round(Math.min(34, Math.max(8, view.width / 38))));
  const labels: (Label & { readonly right: number })[] = [];
  for (const airport of selected === undefined ? wanted : [selected, ...wanted]) {
    if (airport.place === undefined || labels.some((label) => label.airport === airport)) continue;
    const [x, y] = toScreen(view, airport.place.point);
    const width = context.measureText(airport.code).width;
    const gap = airport === selected ? GAP + RING : GAP;
    const spot = [x + gap, x - gap - width]
      .map((left) => ({ airport, x: left, y, right: left + width }))
      .find(
        (label) =>
          label.x > 0 &&
          label.right < view.width &&
          labels.every(
            (other) =>
              Math.abs(label.y - other.y) > HEIGHT || label.right + 3 < other.x || other.right + 3 < label.x,
          ),
      );
    if (spot !== undefined) labels.push(spot);
  }
  return labels;
}
