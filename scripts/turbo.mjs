import { runTool } from "./run.mjs";

/**
 * Builds through turbo, which answers from its cache what has not changed since. A failure ends the script with
 * turbo's exit code, for nothing works without a build.
 *
 * @param {readonly string[]} [filters] Which workspaces, in turbo's words, such as `@eventwire/flights`; all by default.
 */
export async function build(filters = []) {
  const started = performance.now();
  console.log(`Building ${filters.length === 0 ? "every workspace" : filters.join(", ")} ...`);
  const { code } = await runTool("turbo", [
    "run",
    "build",
    "--output-logs=errors-only",
    "--log-prefix=none",
    ...filters.map((filter) => `--filter=${filter}`),
  ]);
  if (code !== 0) process.exit(code);
  console.log(`Built in ${((performance.now() - started) / 1_000).toFixed(1)} s.`);
}
