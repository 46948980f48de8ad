import { collectGarbage } from "../harness/collect-garbage.js";
import { median } from "../harness/sample.js";
import type { Emit } from "./emitter.js";
import type { Point } from "./points.js";

/** Enough for the optimising compiler, which leaves out what nobody keeps. */
const warmUpLaps = 2_000;

/** So few that no collection comes between. */
const laps = 2;

const samples = 11;

/** The heap that an emit takes, to be collected later; `check` is called after each sample. */
export function bytesPerEmit(emit: Emit, points: readonly Point[], check: (laps: number) => void): number {
  emitLaps(emit, points, warmUpLaps);
  check(warmUpLaps);
  const taken = Array.from({ length: samples }, () => {
    if (!collectGarbage()) throw new Error("Measuring memory needs node --expose-gc.");
    const before = process.memoryUsage().heapUsed;
    emitLaps(emit, points, laps);
    const after = process.memoryUsage().heapUsed;
    check(laps);
    return Math.max(0, after - before);
  });
  return median(taken) / (laps * points.length);
}

function emitLaps(emit: Emit, points: readonly Point[], count: number): void {
  for (let lap = 0; lap < count; lap++) {
    for (let index = 0; index < points.length; index++) emit(points[index]!);
  }
}
