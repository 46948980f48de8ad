import { parseArgs } from "node:util";
import { type Plant, plants, shownElsewhere } from "./plants.js";

/** What the command line asks for. */
export interface Options {
  readonly kills: number;
  /** What is done to whom, and when, follows from it; not how the processes take it. */
  readonly seed: number;
  /** The file that receives the report. */
  readonly json: string | undefined;
  readonly plant: Plant | undefined;
}

const defaultKills = 50;

/** Reads `[--kills N] [--seed S] [--json FILE] [--plant NAME]`; throws on anything else. */
export function parseOptions(commandLine: readonly string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...commandLine],
    options: { kills: text, seed: text, json: text, plant: text },
  });
  const { kills = String(defaultKills), seed = String(Date.now() % 2 ** 31), json, plant } = values;
  return {
    kills: numberOf("--kills", kills, 1),
    seed: numberOf("--seed", seed, 0),
    json,
    plant: plantOf(plant),
  };
}

function plantOf(name: string | undefined): Plant | undefined {
  if (name === undefined) return undefined;
  if (name === shownElsewhere) {
    throw new Error(
      "--plant: kill -9 does not show a sync that is missing, for the kernel keeps what was written; packages/sqlite/src/fsync.test.ts plants that.",
    );
  }
  const plant = plants.find((one) => one === name);
  if (!plant) throw new Error(`--plant: one of ${plants.join(", ")}; "${name}" is none.`);
  return plant;
}

export function numberOf(option: string, value: string, least: number): number {
  const number = Number(value);
  if (value !== "" && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${option}: a whole number of at least ${least}; "${value}" is none.`);
}
