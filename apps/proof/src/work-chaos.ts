import { writeFileSync } from "node:fs";
import { parseWorkOptions } from "./workers/options.js";
import { workReportOf, workWrongs } from "./workers/report.js";
import { runWork } from "./workers/run-work.js";

/** How many lines of what was wrong are shown. */
const shown = 20;

async function main(): Promise<void> {
  const { json, ...options } = parseWorkOptions(process.argv.slice(2));
  const { tasks, kills, hubKills, seed, plant } = options;
  const bug = plant ? `, with a bug: ${plant}` : "";
  print(`Kills ${kills} workers and ${hubKills} hubs over ${tasks} tasks, seed ${seed}${bug}.`);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  const all = kills + hubKills;
  let told = 0;
  const outcome = await runWork({
    ...options,
    onProgress: (now) => {
      if (now.kills < told + all / 10) return;
      told = now.kills;
      print(`${now.kills} of ${all} killed, ${now.handedIn} handed in after ${seconds().toFixed(1)} s`);
    },
  });
  const wrong = workWrongs(outcome);
  for (const line of wrong.slice(0, shown)) print(line);
  if (wrong.length > shown) print(`and ${wrong.length - shown} more`);
  const { missing } = outcome;
  if (missing.length > 0) print(`Never happened: ${missing.join(", ")}.`);
  const line = JSON.stringify(workReportOf(outcome, seconds()));
  if (json !== undefined) writeFileSync(json, `${line}\n`);
  print(line);
  if (wrong.length > 0 || missing.length > 0) process.exitCode = 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
