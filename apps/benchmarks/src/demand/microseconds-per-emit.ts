import { createPoints, lapLength } from "../emit/points.js";
import { collectGarbage } from "../harness/collect-garbage.js";
import { median } from "../harness/sample.js";
import type { DemandImplementation } from "./crowd.js";

const keysOfEach = 20;
/** Laps of points: the first ones are for the compiler. */
const [warmUp, measured] = [20, 30];

/** The median time from an emit to its arrival at the one peer that listens to its key, over laps of points. */
export async function microsecondsPerEmit(
  implementation: DemandImplementation,
  keys: number,
): Promise<number> {
  const crowd = await implementation.gather(keys / keysOfEach, keysOfEach);
  const points = createPoints(keys);
  collectGarbage();
  const samples: number[] = [];
  for (let lap = 0; lap < warmUp + measured; lap++) {
    const start = performance.now();
    for (const point of points) await crowd.emit(point);
    if (lap >= warmUp) samples.push(((performance.now() - start) * 1_000) / lapLength);
  }
  const due = new Array<number>(keys / keysOfEach).fill(0);
  for (const { id } of points) due[Math.floor(id / keysOfEach)]! += warmUp + measured;
  const arrived = crowd.arrived();
  const odd = due.findIndex((count, peer) => arrived[peer] !== count);
  if (odd >= 0) throw new Error(`Peer ${odd} got ${arrived[odd]} events where ${due[odd]} were due.`);
  return median(samples);
}
