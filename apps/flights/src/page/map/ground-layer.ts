import { borders, land } from "virtual:atlas";
import type { Airport } from "../atlas/airport.js";
import { airports } from "../atlas/airports.js";
import type { Palette } from "./palette.js";
import { fitCanvas, toScreen, useMapUnits, type View } from "./stage.js";

const landPath = new Path2D(land);
const borderPath = new Path2D(borders);

/** Draws what lies below the aircraft: the land, its borders and the airports. */
export function drawGround(canvas: HTMLCanvasElement, view: View, palette: Palette): void {
  const context = fitCanvas(canvas, view);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  useMapUnits(context, view);
  drawLand(context, view, palette);
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.fillStyle = palette.airport;
  for (const airport of airports) drawAirport(context, view, airport);
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

function drawAirport(context: CanvasRenderingContext2D, view: View, airport: Airport): void {
  if (airport.place === undefined) return;
  const [x, y] = toScreen(view, airport.place.point);
  context.beginPath();
  context.arc(x, y, airportRadius(airport, view), 0, 2 * Math.PI);
  context.fill();
}

/** How large an airport's dot is, in CSS pixels: larger where more depart. */
export function airportRadius({ rank }: Airport, { scale }: View): number {
  return (rank < 12 ? 3 : rank < 50 ? 2.2 : 1.4) * Math.min(1.2, Math.max(0.6, scale));
}
