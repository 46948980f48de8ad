import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** @import { Plugin } from "vite" */

const thread = /new URL\("(\.[\w./-]+)\.js", import\.meta\.url\)/g;
const folder = join(import.meta.dirname, "../node_modules/.cache/eventwire-threads");

/**
 * Tests run sources, and a thread is loaded by Node, which knows no TypeScript: each `new URL("./thread.js", import.meta.url)`
 * whose source is a `thread.ts` becomes the address of a bundle of it.
 *
 * @returns {Plugin}
 */
export function threads() {
  return {
    name: "eventwire-threads",
    enforce: "pre",
    async transform(code, id) {
      if (!id.endsWith(".ts") || !code.includes("new Worker(")) return undefined;
      let bundled = code;
      for (const [address, path] of code.matchAll(thread)) {
        const source = join(dirname(id), `${path}.ts`);
        if (!existsSync(source)) continue;
        bundled = bundled.replace(address, `new URL("${pathToFileURL(await bundle(source))}")`);
      }
      return bundled;
    },
  };
}

/** @param {string} source */
async function bundle(source) {
  // Below the repository, so that what is not bundled is found.
  const outfile = join(folder, `${basename(source, ".ts")}-${process.pid}.mjs`);
  await build({
    entryPoints: [source],
    bundle: true,
    outfile,
    platform: "node",
    format: "esm",
    conditions: ["@eventwire/source"],
    logLevel: "silent",
  });
  return outfile;
}
