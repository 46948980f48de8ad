/** The middle of the samples; the mean of the middle two when their number is even. */
export function median(samples: readonly number[]): number {
  if (samples.length === 0) throw new RangeError("There is no median of no samples.");
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How far the samples lie apart, as a part of their median: (largest - smallest) / median. */
export function spread(samples: readonly number[]): number {
  return (Math.max(...samples) - Math.min(...samples)) / median(samples);
}
