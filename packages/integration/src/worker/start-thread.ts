import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { onTestFinished } from "vitest";

/** Starts one of the programs of `threads` in a thread of its own, which ends with the test. */
export async function startThread(program: string, workerData?: unknown): Promise<Worker> {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-thread-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "thread.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL(`threads/${program}.ts`, import.meta.url))],
    bundle: true,
    outfile,
    platform: "node",
    format: "esm",
    conditions: ["@eventwire/source"],
    logLevel: "silent",
  });
  const thread = new Worker(outfile, { workerData });
  onTestFinished(async () => void (await thread.terminate()));
  return thread;
}
