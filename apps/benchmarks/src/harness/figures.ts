import type { RowResult } from "./result.js";

/** The measured figures, as claims ask for them; undefined for what was not measured. */
export interface Figures {
  ours(row: string): number | undefined;
  peer(row: string, name: string): number | undefined;
  /** The best of the peers. */
  best(row: string): number | undefined;
}

export function figuresOf(results: readonly RowResult[]): Figures {
  const find = (row: string) => results.find(({ name }) => name === row);
  return {
    ours: (row) => find(row)?.ours,
    peer: (row, name) => find(row)?.peers[name],
    best: (row) => {
      const result = find(row);
      return result && bestPeer(result)?.figure;
    },
  };
}

/** The best peer of a row; undefined when it has no peers. */
export function bestPeer({ better, peers }: RowResult): { name: string; figure: number } | undefined {
  const ranked = Object.entries(peers).sort(([, a], [, b]) => (better === "lower" ? a - b : b - a));
  const first = ranked[0];
  return first && { name: first[0], figure: first[1] };
}
