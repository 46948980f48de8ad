import type { Airport } from "../atlas/airport.js";
import { airportRadius } from "./ground-layer.js";
import { placeLabels } from "./labels.js";
import type { Palette } from "./palette.js";
import { fitCanvas, toScreen, type View } from "./stage.js";

/** The typeface of the map's names. */
export const NAME_FONT = '600 10.5px "Geist Variable", system-ui, sans-serif';

/** Draws what must be read above the aircraft: the names of the busiest airports, and the chosen airport. */
export function drawNames(
  canvas: HTMLCanvasElement,
  view: View,
  palette: Palette,
  selected: Airport | undefined,
): void {
  const context = fitCanvas(canvas, view);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  if (selected?.place !== undefined) {
    const [x, y] = toScreen(view, selected.place.point);
    const radius = airportRadius(selected, view);
    ring(context, x, y, radius + 5, palette.land, 5);
    ring(context, x, y, radius + 5, palette.accent, 2);
  }
  context.font = NAME_FONT;
  context.lineJoin = "round";
  context.textBaseline = "middle";
  for (const { airport, x, y } of placeLabels(context, view, selected)) {
    context.strokeStyle = palette.land;
    context.lineWidth = 4;
    context.strokeText(airport.code, x, y);
    context.fillStyle = airport === selected ? palette.accent : palette.label;
    context.fillText(airport.code, x, y);
  }
}

function ring(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  colour: string,
  width: number,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}
