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
}

/** Reads `<suite>[,<suite>] [--json FILE] [--full] [--handicap] [--without NAME]...`; throws on anything else. */
export function parseOptions(commandLine: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: {
      json: { type: "string" },
      full: { type: "boolean", default: false },
      handicap: { type: "boolean", default: false },
      without: { type: "string", multiple: true, default: [] },
    },
  });
  const names = (list: readonly string[]) =>
    list.flatMap((item) => item.split(",")).filter((name) => name !== "");
  return {
    suites: names(positionals),
    ...(values.json === undefined ? {} : { json: values.json }),
    full: values.full,
    handicap: values.handicap,
    without: names(values.without),
  };
}
