import type { Point } from "../emit/points.js";
import { collectGarbage } from "../harness/collect-garbage.js";
import { median } from "../harness/sample.js";
import type { WorkQueue } from "./work-queue.js";

/** Long enough for the optimising compiler to finish before anything counts. */
const warmUpMilliseconds = 200;

/** Long enough to contain its own share of garbage collections. */
const batchMilliseconds = 20;

const batches = 11;

/**
 * The median rate over batches of laps, each offered as a burst and then drained; `check` is called after each batch,
 * outside of the measured time.
 */
export async function entriesPerSecond(
  queue: WorkQueue,
  points: readonly Point[],
  check: (laps: number) => void,
): Promise<number> {
  collectGarbage();
  let laps = 1;
  for (let spent = 0; spent < warmUpMilliseconds; ) {
    const milliseconds = await timeLaps(queue, points, laps);
    check(laps);
    spent += milliseconds;
    const factor = batchMilliseconds / Math.max(milliseconds, batchMilliseconds / 8);
    laps = Math.max(1, Math.round(laps * factor));
  }
  const samples: number[] = [];
  while (samples.length < batches) {
    const milliseconds = await timeLaps(queue, points, laps);
    check(laps);
    samples.push((laps * points.length * 1_000) / milliseconds);
  }
  return median(samples);
}

async function timeLaps(queue: WorkQueue, points: readonly Point[], laps: number): Promise<number> {
  const start = performance.now();
  for (let lap = 0; lap < laps; lap++) {
    for (let index = 0; index < points.length; index++) queue.offer(points[index]!);
    await queue.drain();
  }
  return performance.now() - start;
}
