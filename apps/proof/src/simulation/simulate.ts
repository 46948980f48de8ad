import { createBus } from "@eventwire/core";
import type { Verdict } from "../oracle.js";
import type { Bug } from "./bugs.js";
import { contractOf } from "./contract.js";
import type { FaultCounts } from "./faults.js";
import { System } from "./system.js";
import { World } from "./world.js";

export interface SimulateOptions {
  readonly bugs?: ReadonlySet<Bug>;
  /** Told of everything that happens, line by line. */
  readonly tell?: (line: string) => void;
}

export interface Simulated extends Verdict {
  readonly seed: number;
  readonly faults: FaultCounts;
  /** The same for two runs in which the same has happened. */
  readonly trace: string;
}

/** Has a bus load what it loads when it is first used, which takes a time that no seed decides. */
async function load(): Promise<void> {
  const bus = createBus(contractOf("old"));
  await bus.position();
  await bus.close();
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
  await world.clock.until(new System(world, bugs).run());
  return { seed, ...world.oracle.verdict(), faults: world.faults.counts, trace: world.trace.hash };
}
