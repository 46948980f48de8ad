import { type Figures, figuresOf } from "./figures.js";
import type { RowResult } from "./result.js";

/** Something said of the outcome in advance, judged by the outcome. */
export interface Claim {
  /** A promise is to be kept in every run; an aim is what the work goes towards. */
  readonly kind: "promise" | "aim";
  /** The row whose figure of ours is judged. */
  readonly row: string;
  /** The claim in words: `no slower than eventemitter3`. */
  readonly says: string;
  /** The worst figure that keeps the claim; undefined when a peer that it needs was left out. */
  bound(figures: Figures): number | undefined;
}

/** A claim with the verdict on it. */
export type Verdict =
  | { readonly outcome: "not judged"; readonly claim: Claim }
  | {
      readonly outcome: "kept" | "broken";
      readonly claim: Claim;
      readonly result: RowResult;
      readonly bound: number;
    };

/** Judges each claim whose row was measured. */
export function judge(claims: readonly Claim[], results: readonly RowResult[]): Verdict[] {
  const figures = figuresOf(results);
  return claims.flatMap((claim): Verdict[] => {
    const result = results.find(({ name }) => name === claim.row);
    if (result === undefined) return [];
    const bound = claim.bound(figures);
    if (bound === undefined) return [{ outcome: "not judged", claim }];
    const kept = result.better === "lower" ? result.ours <= bound : result.ours >= bound;
    return [{ outcome: kept ? "kept" : "broken", claim, result, bound }];
  });
}
