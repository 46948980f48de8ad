import { MisuseError } from "@eventwire/queue";
import type { EnqueueOptions } from "../work.js";
import { textFlaw } from "./admission.js";

/** How many tasks one may come after. */
const maxAfter = 64;

/** @throws {MisuseError} when they make no sense. */
export function checkEnqueueOptions(
  name: string,
  { delay, at, priority, dedupe, after = [] }: EnqueueOptions,
): void {
  if (delay !== undefined && !(delay >= 0 && delay < Number.POSITIVE_INFINITY)) {
    throw refused(name, `delay must be a finite number of milliseconds, at least 0; it is ${delay}`);
  }
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw refused(name, `priority must be a finite number; it is ${priority}`);
  }
  if (at !== undefined && (delay !== undefined || Number.isNaN(at.getTime()))) {
    throw refused(name, delay === undefined ? "at is no time" : "it has a delay and a time, at");
  }
  if (after.length > maxAfter || new Set(after).size < after.length) {
    throw refused(name, `after must name up to ${maxAfter} tasks, each once; it names ${after.length}`);
  }
  const flaw = dedupe === undefined ? undefined : textFlaw(dedupe);
  if (flaw) throw refused(name, `dedupe ${flaw}`);
}

function refused(name: string, why: string): MisuseError {
  return new MisuseError(`"${name}" was not enqueued: ${why}.`, { name });
}
