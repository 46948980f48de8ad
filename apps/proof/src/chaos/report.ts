import type { FaultCounts } from "./faults.js";
import type { ChaosOutcome } from "./run-chaos.js";

/** What a run came to. */
export interface Report {
  readonly acknowledged: number;
  readonly delivered: number;
  readonly lost: number;
  /** In effect. */
  readonly duplicated: number;
  readonly inverted: number;
  /** What nobody has emitted, garbage, and what else must not be. */
  readonly unexpected: number;
  readonly gaps: number;
  /** What the group did again that nobody could know to be done. */
  readonly repeated: number;
  readonly kills: number;
  readonly seconds: number;
  readonly faultsByKind: FaultCounts;
}

export function reportOf(outcome: ChaosOutcome, seconds: number): Report {
  const { acknowledged, delivered, gaps, repeated, kills } = outcome;
  return {
    acknowledged,
    delivered,
    lost: outcome.lost.length,
    duplicated: outcome.duplicated.length,
    inverted: outcome.inverted.length,
    unexpected: outcome.unexpected.length,
    gaps,
    repeated,
    kills,
    seconds: Math.round(seconds * 10) / 10,
    faultsByKind: outcome.faults,
  };
}

/** What was wrong, in lines; none where nothing was. A gap that nobody was to be told of is unexpected. */
export function wrongs(outcome: ChaosOutcome): readonly string[] {
  return (["lost", "duplicated", "inverted", "unexpected"] as const).flatMap((kind) =>
    outcome[kind].map((what) => `${kind}: ${what}`),
  );
}
