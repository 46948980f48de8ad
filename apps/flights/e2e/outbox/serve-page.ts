import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, defaultClientConditions, preview } from "vite";

/** Builds the page, and serves it. */
export async function servePage(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), "outbox-page-"));
  const root = import.meta.dirname;
  const options = { root, configFile: false, logLevel: "error" } as const;
  await build({
    ...options,
    resolve: { conditions: ["@eventwire/source", ...defaultClientConditions] },
    build: { outDir, emptyOutDir: true, target: "es2022" },
  });
  const server = await preview({ ...options, build: { outDir }, preview: { host: "127.0.0.1", port: 0 } });
  return {
    url: server.resolvedUrls!.local[0]!,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
