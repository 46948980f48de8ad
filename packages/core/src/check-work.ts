import { MisuseError } from "@eventwire/queue";
import { checkCount } from "./check-count.js";
import type { WorkOptions } from "./work.js";

/** @throws {MisuseError} when how tasks are to be worked on makes no sense. */
export function checkWork(
  name: string,
  { concurrency = 1, timeout }: Pick<WorkOptions, "concurrency" | "timeout">,
): void {
  checkCount("concurrency", concurrency, name);
  if (timeout !== undefined && !(timeout > 0)) {
    throw new MisuseError(`timeout must be more than 0 milliseconds; it is ${timeout}.`, { name });
  }
}
