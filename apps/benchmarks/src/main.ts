import { writeFileSync } from "node:fs";
import { machineLines } from "./harness/machine.js";
import { measureApart } from "./harness/measure-apart.js";
import { measureHere } from "./harness/measure-here.js";
import { type Options, parseOptions } from "./harness/options.js";
import { toJson } from "./harness/result.js";
import { type Outcome, runSuite } from "./harness/run-suite.js";
import { ours, type Suite, type Versioned } from "./harness/suite.js";
import { outcomeLines } from "./harness/table.js";
import { requireKnownPeers, requireKnownRows, versionLine } from "./harness/versions.js";
import { loadSuite, suiteNames } from "./suites.js";

async function main(options: Options): Promise<void> {
  const names = options.suites.length > 0 ? options.suites : suiteNames;
  const suites = await Promise.all(names.map(loadSuite));
  requireKnownPeers(suites, options.without);
  requireKnownRows(suites, options.rows);
  print(...machineLines());
  if (options.handicap) print(`HANDICAP: ${ours} does all of its work twice`);
  if (options.without.length > 0) print(`WITHOUT: ${options.without.join(", ")}`);
  if (options.rounds < 5) print(`ROUNDS: ${options.rounds}, which is too few for a figure`);
  for (const suite of suites) print(await versionLine(suite, options.without));

  const outcomes: Outcome[] = [];
  for (const suite of suites) {
    try {
      const outcome = await runWithProgress(suite, options);
      print("", ...outcomeLines(outcome));
      outcomes.push(outcome);
    } catch (error) {
      // The others still count.
      print("", `FAILED: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  if (options.json !== undefined)
    writeFileSync(options.json, toJson(outcomes.flatMap(({ results }) => results)));
}

/** Shows on a terminal which round is on; a file or a pipe gets the report only. */
async function runWithProgress(suite: Suite<Versioned>, options: Options): Promise<Outcome> {
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
  };
  const { full, handicap, without, rows: only, rounds } = options;
  const onRound = (row: string, round: number) => progress(`${suite.name}, ${row}, round ${round}`);
  const outcome = await runSuite(suite, {
    full,
    handicap,
    without,
    only,
    rounds,
    measure: suite.startsProcesses ? (task) => measureHere(suite, task) : measureApart,
    onRound,
  });
  progress("");
  return outcome;
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
