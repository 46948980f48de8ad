import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFolder, ProgramRun } from "@eventwire/programs";
import { expect, it, onTestFinished } from "vitest";
import { acknowledgedBy, numbersIn } from "../fixtures/appended-numbers.js";
import { makeProgram } from "../fixtures/programs.js";

const megabyte = 2 ** 20;

/** A disk of so many bytes, in memory; `undefined` where nobody here may make one. */
function createDisk(bytes: number): { readonly path: string } | undefined {
  const folder = createFolder();
  const path = join(folder.path, "disk");
  mkdirSync(path);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "none", path]);
  onTestFinished(() => {
    if (status === 0) spawnSync("umount", [path]);
    folder.remove();
  });
  return status === 0 ? { path } : undefined;
}

it("says that the disk is full, keeps what it has acknowledged, and goes on when there is room", async ({
  skip,
}) => {
  const disk = createDisk(2 * megabyte);
  if (!disk) return skip("A disk of its own can be mounted by root only.");
  const file = join(disk.path, "events.db");
  const other = join(disk.path, "other");
  writeFileSync(other, Buffer.alloc(megabyte));
  const program = await makeProgram("appending");

  const run = new ProgramRun(process.execPath, program, file, "1", "64");
  while (!run.lines.some((line) => line.startsWith("failed"))) await run.said(run.lines.length + 1);
  rmSync(other);
  const { length } = run.lines;
  await run.said(length + 20);
  await run.kill();

  const failures = run.lines.filter((line) => line.startsWith("failed"));
  expect(new Set(failures)).toEqual(new Set(["failed StoreFull"]));
  expect(run.lines.slice(length + 10).join()).toContain("acknowledged");
  expect(await numbersIn(file)).toEqual(expect.arrayContaining(acknowledgedBy(run).slice()));
});

it("keeps what it has acknowledged where its files may not grow any more", async ({ skip }) => {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  if (spawnSync("sh", ["-c", "ulimit -f 1"]).status !== 0) return skip("There is no shell with ulimit -f.");
  const file = join(folder.path, "events.db");
  const program = await makeProgram("appending");
  // In blocks of 512 bytes; the signal that comes with it would end the process.
  const limited = `trap "" XFSZ; ulimit -f 1024; exec "$0" "$@"`;
  const run = new ProgramRun("sh", "-c", limited, process.execPath, program, file, "1", "64", "60");
  await run.ended();

  expect(run.lines.filter((line) => line.startsWith("failed")).length).toBeGreaterThan(0);
  const acknowledged = acknowledgedBy(run);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(await numbersIn(file)).toEqual(expect.arrayContaining([...acknowledged]));
});
