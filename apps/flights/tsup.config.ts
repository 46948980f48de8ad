import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/server.ts"],
  format: "esm",
  target: "node20",
  platform: "node",
  sourcemap: true,
  // The page is built into the same folder.
  clean: false,
});
