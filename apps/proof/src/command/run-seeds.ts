import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Simulated } from "../simulation/simulate.js";

/** Runs seeds on every core. */
export async function runSeeds(
  first: number,
  count: number,
  onSeed: (one: Simulated) => void,
): Promise<readonly Simulated[]> {
  const all: Simulated[] = [];
  let next = first;
  const runSome = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL("./seed-worker.js", import.meta.url));
      const give = () => {
        if (next < first + count) worker.postMessage(next++);
        else void worker.terminate().then(() => resolve());
      };
      worker.on("message", (one: Simulated) => {
        all.push(one);
        onSeed(one);
        give();
      });
      worker.on("error", reject);
      give();
    });
  await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, runSome));
  return all.sort((one, other) => one.seed - other.seed);
}
