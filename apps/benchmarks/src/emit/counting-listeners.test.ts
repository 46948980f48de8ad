import { expect, it } from "vitest";
import { createCountingListeners } from "./counting-listeners.js";
import { createPoints } from "./points.js";

const points = createPoints(4);

it("accepts that every listener got every point", () => {
  const { listeners, check } = createCountingListeners(3, points, "every point");
  for (const point of [...points, ...points]) for (const listener of listeners) listener(point);
  check(2);
});

it("accepts that each listener got the points of its key", () => {
  const { listeners, check } = createCountingListeners(4, points, "the points of its index");
  for (const point of points) listeners[point.id]!(point);
  check(1);
});

it("notices a lost point", () => {
  const { listeners, check } = createCountingListeners(1, points, "every point");
  for (const point of points.slice(1)) listeners[0]!(point);
  expect(() => check(1)).toThrow("Listener 0 received 1023 points where 1024 were due.");
});

it("notices a repeated point", () => {
  const { listeners, check } = createCountingListeners(1, points, "every point");
  for (const point of [points[0]!, ...points]) listeners[0]!(point);
  expect(() => check(1)).toThrow("received 1025 points");
});

it("notices a point that was changed on the way", () => {
  const { listeners, check } = createCountingListeners(1, points, "every point");
  for (const [index, point] of points.entries()) listeners[0]!(index === 7 ? { ...point, x: -1 } : point);
  expect(() => check(1)).toThrow("as the sum of its points");
});

it("notices a point that went to the listener of another key", () => {
  const { listeners, check } = createCountingListeners(4, points, "the points of its index");
  for (const [index, point] of points.entries())
    listeners[index === 0 ? (point.id + 1) % 4 : point.id]!(point);
  expect(() => check(1)).toThrow("were due");
});
