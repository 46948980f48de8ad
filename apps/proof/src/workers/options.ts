import { parseArgs } from "node:util";
import { numberOf } from "../chaos/options.js";
import { type WorkPlant, workPlants } from "./plants.js";

/** What the command line asks for. */
export interface WorkOptions {
  readonly tasks: number;
  /** Of workers. */
  readonly kills: number;
  readonly hubKills: number;
  /** What is done to whom, and when, follows from it; not how the processes take it. */
  readonly seed: number;
  /** The file that receives the report. */
  readonly json: string | undefined;
  readonly plant: WorkPlant | undefined;
}

/** Reads `[--tasks N] [--kills N] [--hub-kills N] [--seed S] [--json FILE] [--plant NAME]`; throws on anything else. */
export function parseWorkOptions(commandLine: readonly string[]): WorkOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...commandLine],
    options: { tasks: text, kills: text, "hub-kills": text, seed: text, json: text, plant: text },
  });
  const { tasks = "10000", kills = "100", seed = String(Date.now() % 2 ** 31), json, plant } = values;
  return {
    tasks: numberOf("--tasks", tasks, 1),
    kills: numberOf("--kills", kills, 1),
    hubKills: numberOf("--hub-kills", values["hub-kills"] ?? "5", 1),
    seed: numberOf("--seed", seed, 0),
    json,
    plant: plantOf(plant),
  };
}

function plantOf(name: string | undefined): WorkPlant | undefined {
  if (name === undefined) return undefined;
  const plant = workPlants.find((one) => one === name);
  if (!plant) throw new Error(`--plant: one of ${workPlants.join(", ")}; "${name}" is none.`);
  return plant;
}
