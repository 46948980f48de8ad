import { borders, land } from "virtual:atlas";
import type { Airport } from "../atlas/airport.js";
import { airports } from "../atlas/airports.js";
import { placeLabels } from "./labels.js";
import type { Palette } from "./palette.js";
import { fitCanvas, toScreen, useMapUnits, type View } from "./stage.js";

const landPath = new Path2D(land);
const borderPath = new Path2D(borders);
const FONT = '500 11px "Geist Variable", system-ui, sans-serif';

/** Draws what stands still: the land, its borders, the airports, and the names of the busiest that have room. */
export function drawGround(
  canvas: HTMLCanvasElement,
  view: View,
  palette: Palette,
  selected: Airport | undefined,
): void {
  const context = fitCanvas(canvas, view);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  useMapUnits(context, view);
  drawLand(context, view, palette);
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  for (const airport of airports) drawAirport(context, view, palette, airport, airport === selected);
  context.font = FONT;
  context.lineJoin = "round";
  context.textBaseline = "middle";
  for (const { airport, x, y } of placeLabels(context, view, selected)) {
    context.strokeStyle = palette.land;
    context.lineWidth = 3;
    context.strokeText(airport.code, x, y);
    context.fillStyle = airport === selected ? palette.accent : palette.label;
    context.fillText(airport.code, x, y);
  }
}

function drawLand(context: CanvasRenderingContext2D, { scale }: View, palette: Palette): void {
  context.lineJoin = "round";
  context.fillStyle = palette.land;
  context.fill(landPath);
  context.strokeStyle = palette.border;
  context.lineWidth = 0.75 / scale;
  context.stroke(borderPath);
  context.strokeStyle = palette.coast;
  context.lineWidth = 1 / scale;
  context.stroke(landPath);
}

function drawAirport(
  context: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  { place, rank }: Airport,
  selected: boolean,
): void {
  if (place === undefined) return;
  const [x, y] = toScreen(view, place.point);
  const size = Math.min(1.2, Math.max(0.6, view.scale));
  const radius = (rank < 12 ? 3 : rank < 50 ? 2.2 : 1.4) * size;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = selected ? palette.accent : palette.airport;
  context.fill();
  if (!selected) return;
  context.beginPath();
  context.arc(x, y, radius + 5, 0, 2 * Math.PI);
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.5;
  context.stroke();
}
