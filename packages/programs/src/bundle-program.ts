import { readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../..", import.meta.url));
let made = 0;

/** A piece of the sources, and what stands in its place. */
export interface Mutation {
  readonly from: string;
  readonly to: string;
}

export interface ProgramSources {
  /** The files that processes and threads begin with, by what they are called in the program. */
  readonly entries: Readonly<Record<string, string>>;
  /** The folder of the sources that are tested: what is planted is planted there. */
  readonly tested: string;
  /** What else becomes of each of them. */
  readonly adapt?: ((contents: string) => string) | undefined;
}

/**
 * Makes a program that Node can run as a process, of everything that it imports from the repository.
 *
 * @param mutation a bug to plant.
 * @returns the folder with its entries, each of which ends with `.mjs`.
 */
export async function bundleProgram(
  name: string,
  { entries, tested, adapt = (contents) => contents }: ProgramSources,
  mutation?: Mutation,
): Promise<string> {
  // Below the repository, so that what is not bundled is found.
  const outdir = join(root, "node_modules/.cache/eventwire-programs", `${name}-${process.pid}-${made++}`);
  let planted = 0;
  await build({
    entryPoints: entries,
    bundle: true,
    outdir,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
    conditions: ["@eventwire/source"],
    logLevel: "silent",
    plugins: [
      {
        name: "mutation",
        setup(builds) {
          builds.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            if (!path.startsWith(tested + sep)) return undefined;
            const contents = adapt(await readFile(path, "utf8"));
            if (mutation && contents.includes(mutation.from)) planted += 1;
            const planting = mutation ? contents.replace(mutation.from, mutation.to) : contents;
            return { contents: planting, loader: "ts" };
          });
        },
      },
    ],
  });
  if (mutation && planted === 0) throw new Error(`"${mutation.from}" is nowhere in the sources.`);
  return outdir;
}
