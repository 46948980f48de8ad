import { collectGarbage } from "../harness/collect-garbage.js";

/** What a process holds, in bytes. */
export interface Memory {
  /** What the machine has given it. */
  readonly resident: number;
  /** What its objects and buffers take of that. */
  readonly used: number;
}

/** Throws without `node --expose-gc`: with garbage in it, it says nothing. */
export function memoryInUse(): Memory {
  if (!collectGarbage()) throw new Error("Memory cannot be measured without --expose-gc.");
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, used: heapUsed + external };
}
