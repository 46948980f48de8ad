import { MisuseError } from "@eventwire/queue";
import { checkCount } from "./check-count.js";
import type { WorkOptions } from "./work.js";

/** For how long a worker has a task unless it says that it is still at it, in milliseconds. */
export const defaultLease = 30_000;
/** A shorter one would be lost in a short pause. */
export const shortestLease = 1_000;

/** @throws {MisuseError} when how tasks are to be worked on makes no sense. */
export function checkWork(
  name: string,
  { concurrency = 1, timeout, lease = defaultLease }: Pick<WorkOptions, "concurrency" | "timeout" | "lease">,
): void {
  checkCount("concurrency", concurrency, name);
  if (timeout !== undefined && !(timeout > 0)) {
    throw new MisuseError(`timeout must be more than 0 milliseconds; it is ${timeout}.`, { name });
  }
  if (!(lease >= shortestLease && lease < Number.POSITIVE_INFINITY)) {
    throw new MisuseError(
      `lease must be a finite number of milliseconds, at least ${shortestLease}; it is ${lease}.`,
      { name },
    );
  }
}
