import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Options {
  /** The first seed. */
  readonly seed: number;
  /** How many seeds there are from there on; `undefined` for one that is shown step by step. */
  readonly seeds: number | undefined;
  /** The file that receives the report. */
  readonly json: string | undefined;
}

const defaultSeeds = 1_000;

/** Reads `[--seeds N] [--seed S] [--json FILE]`; throws on anything else. */
export function parseOptions(commandLine: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...commandLine],
    options: { seeds: { type: "string" }, seed: { type: "string" }, json: { type: "string" } },
  });
  const { seeds, seed, json } = values;
  return {
    seed: seed === undefined ? 1 : numberOf("--seed", seed, 0),
    seeds:
      seeds === undefined && seed !== undefined ? undefined : numberOf("--seeds", seeds ?? defaultSeeds, 1),
    json,
  };
}

function numberOf(option: string, value: string | number, least: number): number {
  const number = Number(value);
  if (value !== "" && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${option}: a whole number of at least ${least}; "${value}" is none.`);
}
