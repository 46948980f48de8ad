// `npm run check`: everything that holds without running the product, and the product in simulated crashes. All checks run, whatever fails.
import "./end-with-npm.mjs";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkPackage } from "./check-package.mjs";
import { root, run, runTool } from "./run.mjs";
import { runAll } from "./run-all.mjs";
import { isPublished, readRepository } from "./structure/repository.mjs";
import { build } from "./turbo.mjs";

/** @import { Check } from "./run-all.mjs" */

const capture = { capture: true };
const { workspaces } = readRepository(root);

/** @type {Check[]} */
const checks = [
  {
    name: "format and lint",
    start: () => runTool("@biomejs/biome", ["check", "--error-on-warnings", "."], capture),
  },
  { name: "structure", start: () => run(process.execPath, ["scripts/structure.mjs"], capture) },
  ...[".", ...workspaces.map(({ folder }) => folder).filter(isApp)].flatMap(types),
  ...workspaces.filter(isPublished).map(({ folder }) => ({
    name: `package ${folder}`,
    start: () => checkPackage(folder),
  })),
  { name: "sizes", start: () => runTool("size-limit", [], capture) },
  {
    name: "simulation",
    start: () => run(process.execPath, ["apps/proof/dist/simulate.js", "--seeds", "1000"], capture),
  },
  {
    name: "dead code",
    start: () => runTool("knip", ["--no-progress"], capture),
  },
];

await build();
// Most of these use more than one core themselves.
const results = await runAll(checks, 2);

for (const { name, code, output } of results) {
  if (code !== 0) console.log(`\n${name}\n${"-".repeat(name.length)}\n${output.trim()}`);
}
console.log("");
for (const { name, code, seconds } of results) {
  console.log(`${code === 0 ? "passed" : "FAILED"}  ${seconds.toFixed(1).padStart(5)} s  ${name}`);
}
const failed = results.filter(({ code }) => code !== 0).length;
console.log(
  failed === 0 ? `All ${results.length} checks passed.` : `${failed} of ${results.length} checks failed.`,
);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * What stands outside of `packages`, which are checked together by two configurations of the root: most of the time goes into
 * what they all import.
 *
 * @param {string} folder
 */
function isApp(folder) {
  return !folder.startsWith("packages/");
}

/**
 * The types of a folder, once for each compiler configuration in it. That of the type tests is `npm test`'s.
 *
 * @param {string} folder
 * @returns {Check[]}
 */
function types(folder) {
  return readdirSync(join(root, folder))
    .filter((file) => /^tsconfig(\.(?!base|type-tests)[\w-]+)?\.json$/.test(file))
    .map((file) => join(folder, file))
    .map((project) => ({
      name: `types ${project}`,
      start: () => runTool("typescript", ["--noEmit", "-p", project], { command: "tsc", ...capture }),
    }));
}
