/** What became of asking a rule. */
export type Outcome = "allows" | "denies" | "fails" | "hangs";

/** What a gate says. */
export interface Decision {
  readonly outcome: Outcome;
  /** When an allowance ends, in milliseconds since the Unix epoch. */
  readonly until: number;
  /** What a denial said for the peer. */
  readonly reason?: string;
}

export const allowed: Decision = { outcome: "allows", until: Infinity };
export const denying: Decision = { outcome: "denies", until: Infinity };
export const failing: Decision = { outcome: "fails", until: Infinity };
export const hanging: Decision = { outcome: "hangs", until: Infinity };

/** Of two that allow, the one that ends first. */
export function sooner(one: Decision, other: Decision): Decision {
  return other.until < one.until ? other : one;
}
