import { defineConfig } from "tsup";

export default defineConfig({
  entry: { server: "src/server.ts", hub: "src/hub.ts", vendor: "src/vendor.ts", driver: "src/driver.ts" },
  format: "esm",
  target: "node20",
  platform: "node",
  sourcemap: true,
  // The pages are built into the same folder.
  clean: false,
});
