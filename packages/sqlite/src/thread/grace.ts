/** In milliseconds. */
const longest = 60_000;

/**
 * How much longer than the window an id stays known, in milliseconds: who repeats what it asked for looks first whether the window
 * is over, and may stand still between that look and the transaction, for half of it.
 */
export function graceOf(dedupeWindow: number): number {
  return Math.min(longest, dedupeWindow);
}
