import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFolder, ProgramRun } from "@eventwire/programs";
import { expect, it, onTestFinished } from "vitest";
import { entryOf, numbersOf, openAlone } from "../fixtures/opened.js";
import { makeProgram } from "../fixtures/programs.js";
import { file } from "./file.js";
import { firstState } from "./stored-outbox.js";

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

const needsRoot = "A disk of its own can be mounted by root only.";
const overflow = { code: "Overflow", retryable: true };

it("says that the disk is full, keeps what it has acknowledged, and goes on when there is room", async ({
  skip,
}) => {
  const disk = createDisk(2 * megabyte);
  if (!disk) return skip(needsRoot);
  const other = join(disk.path, "other");
  writeFileSync(other, Buffer.alloc(1.5 * megabyte));
  const outbox = await openAlone(file(disk.path));
  const kept: number[] = [];
  for (let number = 1; number <= 30; number++) {
    const put = outbox.put([entryOf(number, "x".repeat(50_000))]);
    await put.then(
      () => kept.push(number),
      (error: unknown) => expect(error).toMatchObject(overflow),
    );
  }
  expect(kept.length).toBeGreaterThan(3);
  expect(kept.length).toBeLessThan(15);
  rmSync(other);
  await outbox.put([entryOf(100)]);
  await outbox.advance(1, { ...firstState, first: 2 });
  await outbox.close();
  const again = await openAlone(file(disk.path));
  expect(numbersOf(again)).toEqual([...kept.slice(1), 100]);
  await again.close();
});

it("keeps what it has acknowledged where its files may not grow any more", async ({ skip }) => {
  if (spawnSync("sh", ["-c", "ulimit -f 1"]).status !== 0) return skip("There is no shell with ulimit -f.");
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  const program = await makeProgram("one-by-one");
  // In blocks of 512 bytes; the signal that comes with it would end the process.
  const limited = `trap "" XFSZ; ulimit -f 1024; exec "$0" "$@"`;
  const run = new ProgramRun("sh", "-c", limited, process.execPath, program, folder.path, "60", "20000");
  await run.ended();
  expect(run.lines.filter((line) => line.startsWith("failed Overflow")).length).toBeGreaterThan(10);
  const kept = run.lines.filter((line) => line.startsWith("kept")).map((line) => Number(line.slice(5)));
  expect(kept.length).toBeGreaterThan(10);
  const again = await openAlone(file(folder.path));
  expect(numbersOf(again)).toEqual(kept);
  await again.close();
});

it("says of a disk that may only be read that it may", async ({ skip }) => {
  const disk = createDisk(megabyte);
  if (!disk) return skip(needsRoot);
  const outbox = await openAlone(file(disk.path));
  await outbox.put([entryOf(1)]);
  await outbox.close();
  spawnSync("mount", ["-o", "remount,ro", disk.path]);
  await expect(openAlone(file(disk.path))).rejects.toMatchObject({
    code: "Unavailable",
    reason: "ReadOnly",
    retryable: false,
  });
});
