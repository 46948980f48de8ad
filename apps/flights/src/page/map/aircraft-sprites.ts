import { DELAY_LEVELS, type DelayLevel } from "../motion/delay-level.js";
import type { Palette } from "./palette.js";

/** Directions in which an aircraft is drawn beforehand: one for every 5 degrees. */
const DIRECTIONS = 72;
/** Seen from above, nose to the right, in a square from -1 to 1. */
const SHAPE: readonly (readonly [number, number])[] = [
  [1, 0],
  [0.82, 0.13],
  [0.3, 0.16],
  [-0.28, 0.92],
  [-0.52, 0.92],
  [-0.2, 0.15],
  [-0.62, 0.12],
  [-0.82, 0.42],
  [-0.98, 0.42],
  [-0.86, 0],
];

/** Aircraft in every colour and direction, drawn once, so that a frame only copies them. */
export interface Sprites {
  readonly image: HTMLCanvasElement;
  /** The side of one square, in device pixels. */
  readonly cell: number;
  row(level: DelayLevel): number;
  column(bearing: number): number;
}

/** Draws the sprites with aircraft `length` device pixels long. */
export function createSprites(palette: Palette, length: number): Sprites {
  const cell = Math.ceil(length * 1.15) + 4;
  const image = document.createElement("canvas");
  image.width = cell * DIRECTIONS;
  image.height = cell * DELAY_LEVELS.length;
  const context = image.getContext("2d");
  if (context === null) throw new Error("This browser draws no canvas, which the map needs");
  context.lineJoin = "round";
  for (const [row, { level }] of DELAY_LEVELS.entries()) {
    for (let column = 0; column < DIRECTIONS; column++) {
      const turn = (column / DIRECTIONS) * 2 * Math.PI;
      context.setTransform(1, 0, 0, 1, (column + 0.5) * cell, (row + 0.5) * cell);
      context.rotate(turn);
      context.scale(length / 2, length / 2);
      outline(context);
      context.strokeStyle = palette.land;
      context.lineWidth = 4 / length;
      context.stroke();
      context.fillStyle = palette.delay[level];
      context.fill();
    }
  }
  const rows = new Map(DELAY_LEVELS.map(({ level }, row) => [level, row * cell]));
  return {
    image,
    cell,
    row: (level) => rows.get(level)!,
    column: (bearing) => {
      const step = Math.round((bearing / (2 * Math.PI)) * DIRECTIONS);
      return (((step % DIRECTIONS) + DIRECTIONS) % DIRECTIONS) * cell;
    },
  };
}

function outline(context: CanvasRenderingContext2D): void {
  context.beginPath();
  for (const [x, y] of SHAPE) context.lineTo(x, y);
  for (const [x, y] of [...SHAPE].reverse()) context.lineTo(x, -y);
  context.closePath();
}
