import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFolder, isSaying, type Mutation, ProgramRun, systemCalls } from "@eventwire/programs";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeProgram } from "../fixtures/programs.js";

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
const missing = "There is no strace here, which is to be had for Linux: apt-get install strace";
const groups = 25;

/** How many groups were acknowledged, and how many of them before their frames in the write-ahead log were synced. */
async function traceSyncs(mutation?: Mutation) {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  const trace = join(folder.path, "trace");
  const calls = "trace=write,pwrite64,pwritev,fsync,fdatasync";
  const program = await makeProgram("appending", mutation);
  const command = [process.execPath, program, join(folder.path, "events.db"), "1", "4", String(groups)];
  const run = new ProgramRun("strace", "-f", "-y", "-s", "64", "-e", calls, "-o", trace, ...command);
  await run.ended();

  let written = 0;
  let synced = 0;
  const found = { acknowledged: 0, writtenTo: 0, early: 0 };
  for (const call of systemCalls(readFileSync(trace, "utf8"))) {
    if (isSaying(call) && call.parameters.includes('"acknowledged')) {
      found.acknowledged += 1;
      if (written > 0) found.writtenTo += 1;
      if (synced < written || written === 0) found.early += 1;
      written = 0;
      synced = 0;
    } else if (call.parameters.includes("events.db-wal>")) {
      if (call.name.startsWith("pwrite")) written += 1;
      else if (call.name.endsWith("sync")) synced = written;
    }
  }
  return found;
}

describe("What is acknowledged", () => {
  it("was written to the write-ahead log and synced there, each time", async ({ skip }) => {
    if (!hasStrace) return skip(missing);
    expect(await traceSyncs()).toEqual({ acknowledged: groups, writtenTo: groups, early: 0 });
  });

  it("is seen to be early where the disk is not waited for", async ({ skip }) => {
    if (!hasStrace) return skip(missing);
    const hurry = { from: "PRAGMA synchronous = FULL", to: "PRAGMA synchronous = NORMAL" };
    expect(await traceSyncs(hurry)).toMatchObject({ acknowledged: groups, writtenTo: groups, early: groups });
  });
});
