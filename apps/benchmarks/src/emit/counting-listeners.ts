import type { Listener } from "./emitter.js";
import { lapLength, type Point } from "./points.js";

/** Listeners that count and sum what they receive, and the check that each received all that it should. */
export interface CountingListeners {
  readonly listeners: readonly Listener[];
  /** Throws unless each listener received its points of `laps` laps since the last check, once each and unaltered. */
  check(laps: number): void;
}

/** Which points a listener is to receive. */
export type Audience = "every point" | "the points of its index";

/** Different functions, for an application's listeners are; closures of one function would all be inlined as one. */
const differentFunctions = 50;

export function createCountingListeners(
  count: number,
  points: readonly Point[],
  audience: Audience,
): CountingListeners {
  const received = new Int32Array(2 * count);
  const expected = expectedOfALap(count, points, audience);
  const factories = Array.from({ length: Math.min(count, differentFunctions) }, (_, index) =>
    listenerFactory(index),
  );
  return {
    listeners: Array.from({ length: count }, (_, index) =>
      factories[index % factories.length]!(received, 2 * index),
    ),
    check(laps) {
      for (let slot = 0; slot < received.length; slot++) {
        if (received[slot] === Math.imul(expected[slot]!, laps)) continue;
        const what = slot % 2 === 0 ? "points" : "as the sum of its points";
        const due = Math.imul(expected[slot]!, laps);
        throw new Error(`Listener ${slot >> 1} received ${received[slot]} ${what} where ${due} were due.`);
      }
      received.fill(0);
    },
  };
}

function listenerFactory(index: number): (received: Int32Array, slot: number) => Listener {
  const body = `return function listener${index}(point) {
    received[slot] += 1;
    received[slot + 1] += point.id + point.x + point.y;
  };`;
  return new Function("received", "slot", body) as (received: Int32Array, slot: number) => Listener;
}

function expectedOfALap(count: number, points: readonly Point[], audience: Audience): Int32Array {
  const expected = new Int32Array(2 * count);
  if (points.length !== lapLength) throw new RangeError(`A lap has ${lapLength} points.`);
  for (const point of points) {
    const first = audience === "every point" ? 0 : point.id;
    const last = audience === "every point" ? count - 1 : point.id;
    for (let listener = first; listener <= last; listener++) {
      expected[2 * listener]! += 1;
      expected[2 * listener + 1]! += point.id + point.x + point.y;
    }
  }
  return expected;
}
