import { defaultClientConditions, defineConfig } from "vite";
import { atlasPlugin } from "./src/page/atlas/plugin.js";

const hub = `http://127.0.0.1:${process.env.PORT ?? 4200}`;

export default defineConfig({
  root: "src/page",
  plugins: [atlasPlugin()],
  resolve: { conditions: ["@eventwire/source", ...defaultClientConditions] },
  // The hub serves the page under `default-src 'self'`, which refuses data: URLs.
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    sourcemap: true,
  },
  server: { host: "127.0.0.1", proxy: { "/socket.io": { target: hub, ws: true } } },
});
