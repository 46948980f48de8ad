import { writeFileSync } from "node:fs";
import { type Options, parseOptions } from "./chaos/options.js";
import { reportOf, wrongs } from "./chaos/report.js";
import { runChaos } from "./chaos/run-chaos.js";

/** How many lines of what was wrong are shown. */
const shown = 20;

async function main({ kills, seed, json, plant }: Options): Promise<void> {
  print(`Kills ${kills} processes on one file, seed ${seed}${plant ? `, with a bug: ${plant}` : ""}.`);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  let told = 0;
  const outcome = await runChaos({
    kills,
    seed,
    plant,
    onKill: (killed) => {
      if (killed < told + kills / 10) return;
      told = killed;
      print(`${killed} of ${kills} killed after ${seconds().toFixed(1)} s`);
    },
  });
  const wrong = wrongs(outcome);
  for (const line of wrong.slice(0, shown)) print(line);
  if (wrong.length > shown) print(`and ${wrong.length - shown} more`);
  const { missing } = outcome;
  const isShort = outcome.kills < kills;
  if (isShort) print(`Only ${outcome.kills} of ${kills} were killed before the time was over.`);
  if (missing.length > 0) print(`Never happened: ${missing.join(", ")}.`);
  const line = JSON.stringify(reportOf(outcome, seconds()));
  if (json !== undefined) writeFileSync(json, `${line}\n`);
  print(line);
  if (wrong.length > 0 || missing.length > 0 || isShort) process.exitCode = 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
