import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Options {
  /** The suites to run; all when none is named. */
  readonly suites: readonly string[];
  /** The file that receives the JSON report. */
  readonly json?: string;
  /** Adds the rows that show scaling. */
  readonly full: boolean;
  /** Slows ours twofold. */
  readonly handicap: boolean;
  /** Peers left out on purpose, and said to be. */
  readonly without: readonly string[];
  /** The only rows that are measured; all when none is named. */
  readonly rows: readonly string[];
  /** Rounds that count. */
  readonly rounds: number;
}

/** Reads `<suite>[,<suite>] [--json FILE] [--full] [--handicap] [--without NAME]... [--row NAME]... [--rounds N]`; throws on anything else. */
export function parseOptions(commandLine: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: {
      json: { type: "string" },
      full: { type: "boolean", default: false },
      handicap: { type: "boolean", default: false },
      without: { type: "string", multiple: true, default: [] },
      row: { type: "string", multiple: true, default: [] },
      rounds: { type: "string", default: "5" },
    },
  });
  const names = (list: readonly string[]) =>
    list.flatMap((item) => item.split(",")).filter((name) => name !== "");
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds: a whole number of at least 1.");
  return {
    suites: names(positionals),
    ...(values.json === undefined ? {} : { json: values.json }),
    full: values.full,
    handicap: values.handicap,
    without: names(values.without),
    // A row's name may have a comma.
    rows: values.row,
    rounds,
  };
}
