// `npm test -- [filter...]`: every test there is, and one summed line at the end.
import "./end-with-npm.mjs";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runTool } from "./run.mjs";
import { verdict } from "./tally.mjs";
import { build } from "./turbo.mjs";

const projects = ["unit", "apart", "types", "integration", "packages", "documentation", "browser"];
const parameters = process.argv.slice(2);

await build();

const folder = mkdtempSync(join(tmpdir(), "eventwire-test-"));
const file = join(folder, "tally.json");
const started = performance.now();
const { code } = await runTool(
  "vitest",
  ["run", "--reporter=default", `--reporter=${join(root, "scripts/tally-reporter.mjs")}`, ...parameters],
  { variables: { TALLY_FILE: file } },
);
const result = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
rmSync(folder, { recursive: true });

// A project that suddenly has no tests is a mistake, unless the reader asked for a part.
const expected = parameters.length === 0 ? projects : [];
const { passed, failed, skipped, reasons } = verdict(result, { code, expected });
for (const project of projects) {
  const counts = result?.projects[project];
  if (!counts) continue;
  console.log(
    `${project.padEnd(14)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
  );
}
for (const reason of reasons) console.log(`Failed: ${reason}`);
console.log(`Ran for ${((performance.now() - started) / 1_000).toFixed(1)} s.`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || code !== 0 ? code || 1 : 0;
