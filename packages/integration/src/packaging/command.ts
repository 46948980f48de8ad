import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A child must not take the settings of the npm that may have started this test for its own. */
const variables = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^npm_(config_local_prefix|package_|lifecycle_)/.test(name),
  ),
);

/**
 * Runs a program in a folder and returns what it printed; one that fails rejects with its output in the message.
 */
export async function command(
  folder: string,
  program: string,
  parameters: readonly string[],
): Promise<string> {
  try {
    const { stdout } = await execute(program, parameters, {
      cwd: folder,
      env: variables,
      maxBuffer: 64 * 2 ** 20,
    });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${parameters.join(" ")} failed\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Runs npm: the one that started this process, else the first on the path. */
export function npm(folder: string, parameters: readonly string[]): Promise<string> {
  const file = process.env.npm_execpath;
  if (file?.endsWith(".js")) return command(folder, process.execPath, [file, ...parameters]);
  return command(folder, "npm", parameters);
}
