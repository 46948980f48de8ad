import { writeFileSync } from "node:fs";
import { type Options, parseOptions } from "./command/options.js";
import { missingFaults, type Report, reportOf, wrongs } from "./command/report.js";
import { runSeeds } from "./command/run-seeds.js";
import { type Simulated, simulate } from "./simulation/simulate.js";

async function main({ seed, seeds, json }: Options): Promise<void> {
  const started = performance.now();
  const all = seeds === undefined ? [await replay(seed)] : await runSeeds(seed, seeds, progressOf(seeds));
  const report = reportOf(all, (performance.now() - started) / 1_000);
  const missing = missingFaults(report);
  if (missing.length > 0) print(`Never happened: ${missing.join(", ")}.`);
  const line = JSON.stringify(report);
  if (json !== undefined) writeFileSync(json, `${line}\n`);
  print(line);
  if (missing.length > 0 || isWrong(report)) process.exitCode = 1;
}

/** Shows all that happens in one seed. */
async function replay(seed: number): Promise<Simulated> {
  const one = await simulate(seed, { tell: print });
  for (const wrong of wrongs(one)) print(wrong);
  print(`Trace ${one.trace}.`);
  return one;
}

/** Shows on a terminal how far it is, and anywhere what is wrong, when it is found. */
function progressOf(seeds: number): (one: Simulated) => void {
  let done = 0;
  return (one) => {
    done += 1;
    const wrong = wrongs(one);
    if (wrong.length > 0) {
      clear();
      print(`Seed ${one.seed}: ${wrong.slice(0, 5).join("; ")}${wrong.length > 5 ? "; ..." : ""}`);
      print(`  npm run simulate -- --seed ${one.seed}`);
    }
    if (done === seeds) clear();
    else if (done % 10 === 0 && process.stderr.isTTY)
      process.stderr.write(`\r\x1b[2K${done} of ${seeds} seeds`);
  };
}

function clear(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
}

function isWrong({ lost, unexpected, duplicated, inverted }: Report): boolean {
  return lost + unexpected + duplicated + inverted > 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
