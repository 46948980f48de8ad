/** What became of asking a rule. It `defers` where it says itself that it cannot decide now. */
export type Outcome = "allows" | "denies" | "fails" | "hangs" | "defers";

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
export const deferring: Decision = { outcome: "defers", until: Infinity };

/** Of two that allow, the one that ends first. */
export function sooner(one: Decision, other: Decision): Decision {
  return other.until < one.until ? other : one;
}

/** Whether nobody has said no, so that the same may be asked again. */
export function isUndecided({ outcome }: Decision): boolean {
  return outcome === "hangs" || outcome === "defers";
}

/** Whether it stands whatever else is said. */
export function isDenial({ outcome }: Decision): boolean {
  return outcome === "denies" || outcome === "fails";
}

/** What two rules say together, of which the first is no denial: one counts before what is undecided, and that before what allows. */
export function together(one: Decision, other: Decision): Decision {
  if (one.outcome === "allows") return other.outcome === "allows" ? sooner(one, other) : other;
  return isDenial(other) ? other : one;
}
