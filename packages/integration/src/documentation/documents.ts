import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Block, readBlocks } from "./blocks.js";

/** The folder of the repository. */
export const repository = fileURLToPath(new URL("../../../..", import.meta.url));

/** A page that readers of the project see. */
export interface Page {
  /** From the root, such as `packages/core/README.md`. */
  readonly path: string;
  readonly blocks: readonly Block[];
}

/** The READMEs of the root, the packages and the apps, and everything in `docs`. */
export function readPages(): readonly Page[] {
  const patterns = ["README.md", "packages/*/README.md", "apps/*/README.md", "docs/**/*.md"];
  const listed = execFileSync(
    "git",
    [
      "ls-files",
      "--cached",
      "--others",
      "--exclude-standard",
      "--",
      ...patterns.map((glob) => `:(glob)${glob}`),
    ],
    { cwd: repository, encoding: "utf8" },
  );
  return listed
    .split("\n")
    .filter((path) => path !== "" && existsSync(join(repository, path)))
    .map((path) => ({ path, blocks: readBlocks(readFileSync(join(repository, path), "utf8")) }));
}
