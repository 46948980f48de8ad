import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository, whatever the working directory is. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The environment of every tool: nothing is reported to anyone, and output is plain text.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function environment() {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  return { ...inherited, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", NO_COLOR: "1" };
}

/**
 * Runs the command `command` of the installed package `name` with this Node, without a shell, so that signals
 * arrive and arguments need no quoting on any platform.
 *
 * @param {string} name The package, such as `@biomejs/biome`.
 * @param {readonly string[]} parameters
 * @param {RunOptions & { command?: string }} [options] `command` defaults to the last part of the package's name.
 */
export function runTool(name, parameters, { command, ...options } = {}) {
  return run(process.execPath, [commandFile(name, command), ...parameters], options);
}

/**
 * Runs npm: the one that runs this script, else the first on the path.
 *
 * @param {readonly string[]} parameters
 * @param {RunOptions} [options]
 */
export function runNpm(parameters, options) {
  const npm = process.env.npm_execpath;
  if (npm?.endsWith(".js")) return run(process.execPath, [npm, ...parameters], options);
  return run(process.platform === "win32" ? "npm.cmd" : "npm", parameters, options);
}

/**
 * Runs a program until it ends. SIGINT and SIGTERM are passed on, so that ending a script ends what it started.
 *
 * @typedef {object} RunOptions
 * @property {string} [folder] Where it runs; the root by default.
 * @property {boolean} [capture] Collect the output instead of showing it; false by default.
 * @property {NodeJS.ProcessEnv} [variables] Added to the environment.
 *
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number; output: string }>} A program ended by a signal has a code above 128.
 */
export function run(program, parameters, { folder = root, capture = false, variables = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd: folder,
      env: { ...environment(), ...variables },
      stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output += text;
      });
    }
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => child.kill(signal);
    process.on("SIGINT", forward).on("SIGTERM", forward);
    const settle = () => process.off("SIGINT", forward).off("SIGTERM", forward);
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("close", (code, signal) => {
      settle();
      resolve({ code: code ?? (signal === "SIGINT" ? 130 : 143), output });
    });
  });
}

/**
 * @param {string} name
 * @param {string} [command]
 */
function commandFile(name, command = /** @type {string} */ (name.split("/").at(-1))) {
  const folder = join(root, "node_modules", name);
  /** @type {{ bin: string | Record<string, string> }} */
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = typeof bin === "string" ? bin : bin[command];
  if (file === undefined) throw new Error(`${name} has no command ${command}; run "npm ci" first`);
  return join(folder, file);
}
