import { defineConfig } from "tsup";

/** File by file and unbundled: what is simulated is the library as it is installed. */
export default defineConfig({
  entry: ["src/**/*.ts", "!src/**/*.test.ts"],
  format: "esm",
  target: "node20",
  bundle: false,
  clean: true,
});
