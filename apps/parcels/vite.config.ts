import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";
import { headPlugin } from "./src/page/head-plugin.js";

const page = (name: string) => fileURLToPath(new URL(`src/page/${name}.html`, import.meta.url));
const service = `http://127.0.0.1:${process.env.PORT ?? 4300}`;

export default defineConfig({
  root: "src/page",
  plugins: [headPlugin()],
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
  server: {
    host: "127.0.0.1",
    proxy: { "/socket.io": { target: service, ws: true }, "/processes": service },
  },
});
