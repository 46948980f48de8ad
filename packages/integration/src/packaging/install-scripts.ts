import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The packages that run a script when they are installed, among `names`, their dependencies and their peers, and so on
 * down. A test runner is the user's own, so what it needs does not count.
 */
export function packagesWithInstallScripts(project: string, names: readonly string[]): readonly string[] {
  const { packages }: LockFile = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8"));
  const reached = new Set(names);
  for (const name of reached) {
    const entry = packages[`node_modules/${name}`];
    const needed = { ...entry?.dependencies, ...entry?.peerDependencies, ...entry?.optionalDependencies };
    for (const dependency of Object.keys(needed)) if (dependency !== "vitest") reached.add(dependency);
  }
  // A package may be there in several versions, each in a folder of its own.
  return Object.entries(packages)
    .filter(
      ([path, { hasInstallScript }]) =>
        hasInstallScript && reached.has(path.split("node_modules/").at(-1) ?? ""),
    )
    .map(([path]) => path);
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

interface LockEntry {
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
