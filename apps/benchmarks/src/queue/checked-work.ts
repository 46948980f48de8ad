import type { Point } from "../emit/points.js";
import { type AsyncWork, atOnce, type Work } from "./work-queue.js";

/** Work that compares each entry with the one that is due, and the check that all of it was done. */
export interface Checked<W> {
  readonly work: W;
  /** Throws unless `laps` laps were worked on since the last check: all of them, once, in order and unaltered. */
  check(laps: number): void;
}

/** Checks entries that come in the order of their offers. */
export function checkedWork(points: readonly Point[]): Checked<Work> {
  let done = 0;
  let wrong = 0;
  return {
    work(point) {
      if (!equal(point, points[done % points.length])) wrong += 1;
      done += 1;
    },
    check(laps) {
      requireAll(done, laps * points.length);
      requireNone(wrong, "came out of order or altered");
      done = 0;
    },
  };
}

/** Checks entries that come in the order of their offers for each key, and last until the next microtask. */
export function checkedKeyedWork(points: readonly Point[]): Checked<AsyncWork> {
  const dueByKey = new Map<number, Point[]>();
  for (const point of points) {
    const due = dueByKey.get(point.id);
    if (due) due.push(point);
    else dueByKey.set(point.id, [point]);
  }
  const keys = 1 + Math.max(...dueByKey.keys());
  const doneOfKey = new Int32Array(keys);
  const running = new Uint8Array(keys);
  let [done, wrong, overlapping, runningAtAll, mostAtOnce] = [0, 0, 0, 0, 0];
  return {
    async work(point) {
      const key = point.id;
      const due = dueByKey.get(key);
      if (!due || !equal(point, due[doneOfKey[key]!++ % due.length])) wrong += 1;
      if (running[key]!++ > 0) overlapping += 1;
      runningAtAll += 1;
      if (runningAtAll > mostAtOnce) mostAtOnce = runningAtAll;
      await undefined;
      running[key]! -= 1;
      runningAtAll -= 1;
      done += 1;
    },
    check(laps) {
      requireAll(done, laps * points.length);
      requireNone(wrong, "came out of order or altered");
      requireNone(overlapping, "were worked on while another of their key was");
      if (mostAtOnce !== Math.min(atOnce, dueByKey.size))
        throw new Error(`${mostAtOnce} entries were worked on at once where ${atOnce} were to be.`);
      doneOfKey.fill(0);
      done = 0;
      mostAtOnce = 0;
    },
  };
}

function equal(point: Point, due: Point | undefined): boolean {
  return due !== undefined && point.id === due.id && point.x === due.x && point.y === due.y;
}

function requireAll(done: number, due: number): void {
  if (done !== due) throw new Error(`${done} entries were worked on where ${due} were offered.`);
}

function requireNone(count: number, fault: string): void {
  if (count > 0) throw new Error(`${count} entries ${fault}.`);
}
