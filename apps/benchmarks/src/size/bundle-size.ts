import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What an application imports. */
export interface Imported {
  /** As it writes it: `export { createNanoEvents } from "nanoevents"`. */
  readonly code: string;
  /** What it has anyway, or what is loaded on demand: patterns of the imports that do not count. */
  readonly without?: readonly string[];
}

/** What it costs a page, in bytes: bundled for browsers, minified and compressed by gzip. */
export async function bundleSize({ code, without = [] }: Imported): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    external: [...without],
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
