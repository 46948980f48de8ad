import { defineConfig } from "tsup";

/** One way to build a library: ES modules, declarations, source maps, nothing bundled that is not ours. */
export const library = (entry: string[]) =>
  defineConfig({
    entry,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
    sourcemap: true,
    splitting: true,
    treeshake: true,
    clean: true,
  });
