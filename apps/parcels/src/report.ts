/** What becomes of attempts is no fault of a process: the operators see it on their page. */
const SEEN: readonly unknown[] = ["Dead", "AttemptTimeout"];

/** Writes what went wrong where nobody waits for it. */
export function report(error: unknown): void {
  if (!SEEN.includes((error as { code?: unknown } | undefined)?.code)) console.error(error);
}
