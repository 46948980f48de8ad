import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runNpm, runTool } from "./run.mjs";

/**
 * Checks the tarball that users would install: its manifest, and its types as each kind of project resolves them.
 *
 * @param {string} workspace The folder of a built package, such as `packages/core`.
 * @returns {Promise<{ code: number; output: string }>}
 */
export async function checkPackage(workspace) {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-pack-"));
  try {
    const pack = await runNpm(["pack", "--pack-destination", folder, "--workspace", workspace], {
      capture: true,
    });
    const [file] = readdirSync(folder);
    if (pack.code !== 0 || file === undefined) return { code: pack.code || 1, output: pack.output };
    const tarball = join(folder, file);
    const manifest = await runTool("publint", ["run", tarball, "--strict"], { capture: true });
    const resolution = await runTool("@arethetypeswrong/cli", [tarball, "--profile", "esm-only"], {
      command: "attw",
      capture: true,
    });
    return { code: manifest.code || resolution.code, output: manifest.output + resolution.output };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
