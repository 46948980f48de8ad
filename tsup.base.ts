import { defineConfig } from "tsup";

/**
 * One way to build a library: ES modules, declarations, source maps. A file a module and nothing bundled, so that the
 * bundler of an application leaves out, or loads on demand, each part that it can.
 *
 * @param entry what the package exports, which gets declarations.
 */
export const library = (entry: string[]) =>
  defineConfig({
    entry: ["src/**/*.ts", "!src/**/*.test.ts", "!src/**/*.test-d.ts"],
    bundle: false,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    dts: { entry, compilerOptions: { ignoreDeprecations: "6.0" } },
    sourcemap: true,
    clean: true,
  });
