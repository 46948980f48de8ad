import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npm } from "./command.js";

/** The folder of the repository. */
export const repository = fileURLToPath(new URL("../../../..", import.meta.url));

/** A published package as a tarball, with what is in it. */
export interface Tarball {
  readonly name: string;
  readonly file: string;
  /** The paths it holds, from its own root. */
  readonly contents: readonly string[];
  readonly manifest: Manifest;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** Packs every published package into `destination`, as a release would. The packages must have been built. */
export async function packAll(destination: string): Promise<readonly Tarball[]> {
  const folders = readdirSync(join(repository, "packages")).map((folder) => join("packages", folder));
  const published = folders.filter((folder) => readManifest(join(repository, folder)).private !== true);
  for (const folder of published) {
    if (!existsSync(join(repository, folder, "dist")))
      throw new Error(`${folder} is not built; run "npm run build"`);
  }
  const workspaces = published.flatMap((folder) => ["--workspace", folder]);
  const packed = await npm(repository, ["pack", "--json", "--pack-destination", destination, ...workspaces]);
  const results: readonly PackResult[] = JSON.parse(packed);
  return results.map(({ name, filename, files }) => ({
    name,
    file: join(destination, filename),
    contents: files.map(({ path }) => path),
    manifest: readManifest(join(repository, "packages", name.slice("@eventwire/".length))),
  }));
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** What `npm pack --json` says of a package. */
interface PackResult {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
