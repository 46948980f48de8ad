import type { Claim } from "./claim.js";

/** The promise of a figure that is a multiple of a peer's in the same row, or in `of`. */
export function beside(row: string, says: string, factor: number, peer: string, of = row): Claim {
  return {
    kind: "promise",
    row,
    says,
    bound(figures) {
      const figure = figures.peer(of, peer);
      return figure === undefined ? undefined : figure * factor;
    },
  };
}
