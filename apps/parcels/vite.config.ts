import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";

const page = (name: string) => fileURLToPath(new URL(`src/page/${name}.html`, import.meta.url));

export default defineConfig({
  root: "src/page",
  resolve: { conditions: ["@eventwire/source", ...defaultClientConditions] },
  // The pages are served under `default-src 'self'`, which refuses data: URLs.
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    sourcemap: true,
    rolldownOptions: { input: ["index", "driver", "vendor", "operations"].map(page) },
  },
});
