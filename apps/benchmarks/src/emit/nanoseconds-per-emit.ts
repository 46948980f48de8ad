import { collectGarbage } from "../harness/collect-garbage.js";
import { median } from "../harness/sample.js";
import type { Emit } from "./emitter.js";
import type { Point } from "./points.js";

/** Long enough for the optimising compiler to finish before anything counts. */
const warmUpMilliseconds = 150;

/** Long enough to contain its own share of garbage collections, as the emitter's real users pay for them. */
const batchMilliseconds = 20;

const batches = 7;

/** The median time of an emit over batches of whole laps; `check` is called after each, outside of the measured time. */
export function nanosecondsPerEmit(
  emit: Emit,
  points: readonly Point[],
  check: (laps: number) => void,
): number {
  collectGarbage();
  const laps = warmUp(emit, points, check);
  const samples = Array.from({ length: batches }, () => {
    const milliseconds = timeLaps(emit, points, laps);
    check(laps);
    return (milliseconds * 1e6) / (laps * points.length);
  });
  return median(samples);
}

/** Emits until the time is over and returns how many laps a batch should have. */
function warmUp(emit: Emit, points: readonly Point[], check: (laps: number) => void): number {
  let laps = 1;
  for (let spent = 0; spent < warmUpMilliseconds; ) {
    const milliseconds = timeLaps(emit, points, laps);
    check(laps);
    spent += milliseconds;
    laps = Math.max(
      1,
      Math.round((laps * batchMilliseconds) / Math.max(milliseconds, batchMilliseconds / 8)),
    );
  }
  return laps;
}

function timeLaps(emit: Emit, points: readonly Point[], laps: number): number {
  const start = performance.now();
  for (let lap = 0; lap < laps; lap++) {
    for (let index = 0; index < points.length; index++) emit(points[index]!);
  }
  return performance.now() - start;
}
