import { build, defineConfig } from "tsup";

/**
 * One way to build a library: ES modules, declarations, source maps. A file a module and nothing bundled, so that the
 * bundler of an application leaves out, or loads on demand, each part that it can.
 *
 * @param entry what the package exports, which gets declarations.
 * @param threads what is run as a thread of its own: in one piece, as to find and read a hundred modules takes longer than all that a
 * thread does before it is of use, and no bundler of an application looks into it.
 */
export const library = (entry: string[], threads: string[] = []) =>
  defineConfig({
    entry: [
      "src/**/*.ts",
      "!src/**/*.test.ts",
      "!src/**/*.test-d.ts",
      ...threads.map((thread) => `!${thread}`),
    ],
    bundle: false,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    dts: { entry, compilerOptions: { ignoreDeprecations: "6.0" } },
    sourcemap: true,
    clean: true,
    // After what is above has cleaned the folder.
    onSuccess: () => buildThreads(threads),
  });

async function buildThreads(threads: string[]): Promise<void> {
  if (threads.length === 0) return;
  await build({
    config: false,
    entry: Object.fromEntries(threads.map((thread) => [thread.replace(/^src\/|\.ts$/g, ""), thread])),
    format: "esm",
    target: "es2022",
    platform: "node",
    removeNodeProtocol: false,
    splitting: false,
    noExternal: [/^@eventwire\//],
    sourcemap: true,
  });
}
