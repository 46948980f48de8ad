import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFolder, isSaying, type Mutation, ProgramRun, systemCalls } from "@eventwire/programs";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeProgram } from "../fixtures/programs.js";

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
const missing = "There is no strace here, which is to be had for Linux: apt-get install strace";
const puts = 25;

/** What a program calls that puts into the outbox of a folder which it has to make, in one that is there. */
async function traceCalls(mutation?: Mutation) {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  const trace = join(folder.path, "trace");
  const calls = "trace=write,pwrite64,pwritev,fsync,fdatasync";
  const program = await makeProgram("one-by-one", mutation);
  const command = [process.execPath, program, join(folder.path, "made", "outbox"), String(puts)];
  const run = new ProgramRun("strace", "-f", "-y", "-s", "64", "-e", calls, "-o", trace, ...command);
  await run.ended();
  return { folder: folder.path, calls: systemCalls(readFileSync(trace, "utf8")) };
}

/** How many puts were acknowledged, and how many of them before what they wrote was synced. */
async function traceSyncs(mutation?: Mutation) {
  const { calls } = await traceCalls(mutation);
  let written = 0;
  let synced = 0;
  const found = { acknowledged: 0, writtenTo: 0, early: 0 };
  for (const call of calls) {
    if (isSaying(call) && call.parameters.includes('"kept')) {
      found.acknowledged += 1;
      if (written > 0) found.writtenTo += 1;
      if (synced < written || written === 0) found.early += 1;
      written = 0;
      synced = 0;
    } else if (call.parameters.includes(".outbox>")) {
      if (call.name.startsWith("pwrite")) written += 1;
      else if (call.name.endsWith("sync")) synced = written;
    }
  }
  return found;
}

/** Which of the folders were synced before the first put was acknowledged, from the outer one on. */
async function syncedFolders(mutation?: Mutation) {
  const { folder, calls } = await traceCalls(mutation);
  const before = calls.slice(
    0,
    calls.findIndex((call) => isSaying(call) && call.parameters.includes('"kept')),
  );
  const isSynced = (path: string) =>
    before.some(({ name, parameters }) => name === "fsync" && parameters.includes(`<${path}>`));
  return [folder, join(folder, "made"), join(folder, "made", "outbox")].map(isSynced);
}

describe("What is acknowledged", () => {
  it("was put into folders that are on the disk themselves", async ({ skip }) => {
    if (!hasStrace) return skip(missing);
    expect(await syncedFolders()).toEqual([true, true, true]);
  });

  it("was written to the file and synced there, each time", async ({ skip }) => {
    if (!hasStrace) return skip(missing);
    expect(await traceSyncs()).toEqual({ acknowledged: puts, writtenTo: puts, early: 0 });
  });

  it("is seen to be early where the disk is not waited for", async ({ skip }) => {
    if (!hasStrace) return skip(missing);
    const hurry = { from: "await this.#handle.datasync();", to: "" };
    expect(await traceSyncs(hurry)).toMatchObject({ acknowledged: puts, writtenTo: puts, early: puts });
  });
});
