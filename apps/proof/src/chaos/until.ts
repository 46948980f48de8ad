import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when it holds, or so many milliseconds are over: with whether it holds. */
export async function until(holds: () => boolean, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!holds() && performance.now() < end) await sleep(5);
  return holds();
}
