import { writeFileSync } from "node:fs";
import { machineLines } from "./harness/machine.js";
import { measureApart } from "./harness/measure-apart.js";
import { type Options, parseOptions } from "./harness/options.js";
import type { RowResult } from "./harness/result.js";
import { type Outcome, runSuite } from "./harness/run-suite.js";
import { ours, type Suite, type Versioned } from "./harness/suite.js";
import { outcomeLines } from "./harness/table.js";
import { loadSuite, suiteNames } from "./suites.js";

async function main(options: Options): Promise<void> {
  const names = options.suites.length > 0 ? options.suites : suiteNames;
  const suites = await Promise.all(names.map(loadSuite));
  print(...machineLines());
  if (options.handicap) print(`HANDICAP: ${ours} does all of its work twice`);
  if (options.without.length > 0) print(`WITHOUT: ${options.without.join(", ")}`);
  for (const suite of suites) print(await versionLine(suite, options.without));

  const results: RowResult[] = [];
  for (const suite of suites) {
    const outcome = await runQuietly(suite, options);
    print("", ...outcomeLines(outcome));
    results.push(...outcome.results);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
}

function runQuietly(suite: Suite<Versioned>, { full, handicap, without }: Options): Promise<Outcome> {
  const onRound = (row: string, round: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${suite.name}, ${row}, round ${round}`);
  };
  return runSuite(suite, {
    full,
    handicap,
    without,
    rounds: full ? 9 : 5,
    measure: measureApart,
    onRound,
  }).finally(() => process.stderr.isTTY && process.stderr.write("\r\x1b[2K"));
}

/** The versions of all that a suite measures; throws when a peer is missing, before anything is measured. */
async function versionLine(suite: Suite<Versioned>, without: readonly string[]): Promise<string> {
  const peers = Object.entries(suite.peers).filter(([name]) => !without.includes(name));
  const missing: string[] = [];
  const versions: string[] = [`${ours} ${(await suite.ours()).version}`];
  for (const [name, load] of peers) {
    await load().then(
      ({ version }) => versions.push(`${name} ${version}`),
      (error: Error) => missing.push(`${name} (${error.message})`),
    );
  }
  if (missing.length > 0) {
    throw new Error(
      `${suite.name}: missing peers: ${missing.join("; ")}. Install them, or leave each out with --without NAME.`,
    );
  }
  return `${suite.name}: ${versions.join(", ")}`;
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
