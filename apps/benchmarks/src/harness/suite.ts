import type { Claim } from "./claim.js";

/** What every measured implementation says of itself. */
export interface Versioned {
  /** The version that was measured, as its package states it. */
  readonly version: string;
}

/** One figure that ours and every peer are measured for. */
export interface Figure {
  readonly name: string;
  /** The unit of the figure, for the report: `ns`, `events/s`. */
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** The peers that have what it measures. Default: all of the suite's. */
  readonly peers?: readonly string[];
}

/** What a measurement found: the figure of its row, or one by each name. */
export type Found = number | Readonly<Record<string, number>>;

/** What is measured for one figure, or for several at once. */
export interface Row<Implementation extends Versioned> extends Figure {
  /** Measured with `--full` only. */
  readonly full?: boolean;
  /** What the same measurement finds besides; of peers, those that the row has. */
  readonly also?: readonly Figure[];
  /**
   * Measures once, in a process of its own, and resolves to what it found. Rejects when a message was lost, repeated,
   * altered or reordered: a figure of an implementation that did not do the work is worth nothing.
   */
  measure(implementation: Implementation): Promise<Found>;
}

/** All figures of a row, its own first. */
export function figuresOf(row: Row<never>): readonly Figure[] {
  return [row, ...(row.also ?? [])];
}

/** A set of rows, ours and its peers, and what is claimed of the outcome. */
export interface Suite<Implementation extends Versioned> {
  readonly name: string;
  /** Loads ours. */
  readonly ours: () => Promise<Implementation>;
  /** Loads each peer; rejects when it is not installed. */
  readonly peers: Readonly<Record<string, () => Promise<Implementation>>>;
  readonly rows: readonly Row<Implementation>[];
  readonly claims: readonly Claim[];
  /** Set where each row starts processes of its own, so that what measures needs to be none of them. */
  readonly startsProcesses?: boolean;
  /** Makes an implementation do all of its work twice, which shows that broken promises are noticed. */
  handicap(implementation: Implementation): Implementation;
}

/** The name that ours has among the implementations. */
export const ours = "eventwire";
