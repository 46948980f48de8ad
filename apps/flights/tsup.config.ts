import { defineConfig } from "tsup";

export default defineConfig({
  entry: { server: "src/server.ts", traffic: "src/traffic/main.ts", watchers: "src/traffic/watchers.ts" },
  format: "esm",
  target: "node20",
  platform: "node",
  sourcemap: true,
  // The page is built into the same folder.
  clean: false,
});
