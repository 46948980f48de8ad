/** The sample that so many of a hundred are at most. */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) throw new RangeError("There is no percentile of no samples.");
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)]!;
}
