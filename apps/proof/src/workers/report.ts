import type { WorkOutcome } from "./run-work.js";

const kinds = ["lost", "doubled", "atOnce", "fenced", "attempts", "inverted", "unexpected"] as const;

/** What a run came to, in numbers. */
export type WorkReport = Omit<WorkOutcome, (typeof kinds)[number] | "missing"> &
  Readonly<Record<(typeof kinds)[number] | "seconds", number>>;

export function workReportOf({ missing: _, ...outcome }: WorkOutcome, seconds: number): WorkReport {
  const wrong = Object.fromEntries(kinds.map((kind) => [kind, outcome[kind].length])) as Record<
    (typeof kinds)[number],
    number
  >;
  return { ...outcome, ...wrong, seconds: Math.round(seconds * 10) / 10 };
}

/** What was wrong, in lines; none where nothing was. */
export function workWrongs(outcome: WorkOutcome): readonly string[] {
  return kinds.flatMap((kind) => outcome[kind].map((what) => `${kind}: ${what}`));
}
