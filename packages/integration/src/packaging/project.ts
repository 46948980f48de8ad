import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npm } from "./command.js";
import { readManifest, repository, type Tarball } from "./tarballs.js";

/** What a user would have beside the packages: their peers, a validator, the types of Node. */
const companions = ["@types/node", "rxjs", "socket.io", "socket.io-client", "vitest", "ws", "zod"];

/**
 * Makes `folder` a project that has the tarballs installed, and the programs that use them. The packages need each
 * other in a version that no registry may have yet, so all are installed together.
 */
export async function installProject(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  const { overrides } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  const versions = companions.map((name) => [name, readManifest(folderOf(name)).version]);
  const files = tarballs.map(({ name, file }) => [name, `file:${file}`]);
  const manifest = {
    name: "project",
    private: true,
    type: "module",
    dependencies: Object.fromEntries([...versions, ...files]),
    overrides,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  cpSync(fileURLToPath(new URL("programs", import.meta.url)), folder, { recursive: true });
  await npm(folder, ["install", "--prefer-offline", "--no-audit", "--no-fund"]);
}

/** Where this workspace finds a package: its own copy where others need another version. */
function folderOf(name: string): string {
  const own = join(repository, "packages/integration/node_modules", name);
  return existsSync(own) ? own : join(repository, "node_modules", name);
}
