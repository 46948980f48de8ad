import { expect, test } from "vitest";
import { PathSketch } from "./path-sketch.js";

function sketch(points: [number, number][], closed: boolean): string {
  const path = new PathSketch();
  points.forEach(([x, y], index) => {
    if (index === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  });
  if (closed) path.closePath();
  return path.toString();
}

test("a shape becomes path data with one decimal", () => {
  expect(
    sketch(
      [
        [0, 0],
        [10.04, 0],
        [10, 10.06],
      ],
      true,
    ),
  ).toBe("M0,0L10,0L10,10.1Z");
});

test("steps too short to see are left out", () => {
  expect(
    sketch(
      [
        [0, 0],
        [0.2, 0],
        [0.4, 0],
        [5, 0],
      ],
      false,
    ),
  ).toBe("M0,0L5,0");
});

test("an island too small to see is left out", () => {
  expect(
    sketch(
      [
        [0, 0],
        [0.8, 0],
        [0.8, 0.8],
      ],
      true,
    ),
  ).toBe("");
});
