import type { Verdict } from "../oracle.js";
import type { Bug } from "./bugs.js";
import { Chance } from "./chance.js";
import type { FaultCounts } from "./faults.js";
import { load } from "./load.js";
import { System } from "./system.js";
import { noVerdict, type WorkCounts } from "./tasks/work-oracle.js";
import { Workplace } from "./tasks/workplace.js";
import { World } from "./world.js";

export interface SimulateOptions {
  readonly bugs?: ReadonlySet<Bug>;
  /** Told of everything that happens, line by line. */
  readonly tell?: (line: string) => void;
}

export interface Simulated extends Verdict {
  readonly seed: number;
  readonly tasks: WorkCounts;
  readonly faults: FaultCounts;
  /** The same for two runs in which the same has happened. */
  readonly trace: string;
}

/** One seed in three has clients. */
function fleetSeedOf(seed: number): number | undefined {
  const chance = new Chance(Math.imul(seed, 0x85ebca6b));
  return chance.of(0.33) ? chance.upTo(2 ** 31) : undefined;
}

/** One seed in twelve has tasks. */
function workSeedOf(seed: number): number | undefined {
  const chance = new Chance(Math.imul(seed, 0xc2b2ae35));
  return chance.of(1 / 12) ? chance.upTo(2 ** 31) : undefined;
}

let loading: Promise<void> | undefined;

/** Runs everything that follows from a seed. */
export async function simulate(
  seed: number,
  { bugs = new Set(), tell }: SimulateOptions = {},
): Promise<Simulated> {
  loading ??= load();
  await loading;
  const world = new World(seed, tell);
  const workSeed = workSeedOf(seed);
  world.work = workSeed === undefined ? undefined : new Workplace(world, workSeed);
  await world.clock.until(new System(world, bugs, fleetSeedOf(seed)).run());
  const verdict = world.oracle.verdict();
  const work = world.work?.verdict() ?? noVerdict;
  return {
    ...{ seed, ...verdict, tasks: work.counts, faults: world.faults.counts, trace: world.trace.hash },
    lost: [...verdict.lost, ...work.lost],
    unexpected: [...verdict.unexpected, ...work.unexpected],
    duplicated: [...verdict.duplicated, ...work.duplicated],
    inverted: [...verdict.inverted, ...work.inverted],
  };
}
