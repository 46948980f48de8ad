import { DELAY_LEVELS } from "../motion/delay-level.js";
import type { Aircraft } from "../motion/fleet.js";
import type { Sprites } from "./aircraft-sprites.js";
import type { Palette } from "./palette.js";
import { fitCanvas, useMapUnits, type View } from "./stage.js";

/** How strongly the other aircraft are drawn while one is chosen. */
const FADED = 0.28;

/** Draws every aircraft, the latest ones on top; a chosen one stands out with its way. */
export function drawAircraft(
  canvas: HTMLCanvasElement,
  view: View,
  sprites: Sprites,
  palette: Palette,
  aircraft: Iterable<Aircraft>,
  chosen: Aircraft | undefined,
): void {
  const context = fitCanvas(canvas, view);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const { image, cell } = sprites;
  const scale = view.scale * view.ratio;
  const left = view.left * view.ratio - cell / 2;
  const top = view.top * view.ratio - cell / 2;
  const draw = (one: Aircraft, row: number): void => {
    const column = sprites.column(one.bearing);
    context.drawImage(image, column, row, cell, cell, left + one.x * scale, top + one.y * scale, cell, cell);
  };
  const all = [...aircraft];
  if (chosen !== undefined) context.globalAlpha = FADED;
  for (const { level } of DELAY_LEVELS) {
    const row = sprites.row(level);
    for (const one of all) if (one.level === level) draw(one, row);
  }
  context.globalAlpha = 1;
  if (chosen === undefined) return;
  drawWay(context, view, palette, chosen);
  context.setTransform(1, 0, 0, 1, 0, 0);
  draw(chosen, sprites.row(chosen.level));
}

/** The way flown as a full line, the way ahead as a broken one. */
function drawWay(context: CanvasRenderingContext2D, view: View, palette: Palette, chosen: Aircraft): void {
  const { line } = chosen.route;
  const steps = line.length / 2 - 1;
  const flown = Math.floor(chosen.progress * steps);
  useMapUnits(context, view);
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.75 / view.scale;
  context.lineCap = "round";
  context.beginPath();
  for (let step = 0; step <= flown; step++) context.lineTo(line[step * 2]!, line[step * 2 + 1]!);
  context.lineTo(chosen.x, chosen.y);
  context.stroke();
  context.setLineDash([3 / view.scale, 5 / view.scale]);
  context.beginPath();
  context.moveTo(chosen.x, chosen.y);
  for (let step = flown + 1; step <= steps; step++) context.lineTo(line[step * 2]!, line[step * 2 + 1]!);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.arc(chosen.x, chosen.y, 10 / view.scale, 0, 2 * Math.PI);
  context.stroke();
}
