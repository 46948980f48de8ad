import { type FaultCounts, faults } from "../simulation/faults.js";
import type { Simulated } from "../simulation/simulate.js";
import { noVerdict, type WorkCounts } from "../simulation/tasks/work-oracle.js";

/** What many seeds came to. */
export interface Report {
  readonly seeds: number;
  readonly seconds: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicated: number;
  readonly inverted: number;
  /** What groups did again that nobody could know to be done. */
  readonly repeated: number;
  readonly gaps: number;
  readonly crashes: number;
  readonly tasks: WorkCounts;
  readonly faultsByKind: FaultCounts;
}

/** With fewer seeds, a kind of fault may well be missing. */
const manySeeds = 100;

export function reportOf(all: readonly Simulated[], seconds: number): Report {
  const sum = (of: (one: Simulated) => number) => all.reduce((total, one) => total + of(one), 0);
  const faultsByKind = Object.fromEntries(faults.map((kind) => [kind, sum((one) => one.faults[kind])]));
  return {
    seeds: all.length,
    seconds: Math.round(seconds * 10) / 10,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    delivered: sum(({ delivered }) => delivered),
    lost: sum(({ lost }) => lost.length),
    unexpected: sum(({ unexpected }) => unexpected.length),
    duplicated: sum(({ duplicated }) => duplicated.length),
    inverted: sum(({ inverted }) => inverted.length),
    repeated: sum(({ repeated }) => repeated),
    gaps: sum(({ gaps }) => gaps),
    tasks: Object.fromEntries(
      (Object.keys(noVerdict.counts) as (keyof WorkCounts)[]).map((kind) => [
        kind,
        sum(({ tasks }) => tasks[kind]),
      ]),
    ) as unknown as WorkCounts,
    crashes: sum((one) => one.faults["process-crashed"] + one.faults["power-lost"]),
    faultsByKind: faultsByKind as FaultCounts,
  };
}

/** What was wrong with one seed, in lines; none where nothing was. */
export function wrongs(one: Simulated): readonly string[] {
  return (["lost", "unexpected", "duplicated", "inverted"] as const).flatMap((kind) =>
    one[kind].map((what) => `${kind}: ${what}`),
  );
}

/** The kinds of faults that should have been among so many seeds, and were not. */
export function missingFaults({ seeds, faultsByKind }: Report): readonly string[] {
  return seeds < manySeeds ? [] : faults.filter((kind) => faultsByKind[kind] === 0);
}
