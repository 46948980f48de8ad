/** One row of the JSON report. */
export interface RowResult {
  readonly suite: string;
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** The median of ours over the rounds. */
  readonly ours: number;
  /** The median of each peer over the same rounds. */
  readonly peers: Readonly<Record<string, number>>;
  /** How far the rounds of ours lie apart: (largest - smallest) / median. */
  readonly spread: number;
  /** The same for each peer. */
  readonly peerSpreads: Readonly<Record<string, number>>;
}

/** The JSON report: an array of `{ suite, name, unit, better, ours, peers, spread }`. */
export function toJson(results: readonly RowResult[]): string {
  const rows = results.map(({ peerSpreads, ...row }) => row);
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}
