import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createFolder, ProgramRun } from "@eventwire/programs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { entryOf, numbersOf, openAlone, openReporting, openWatching } from "../fixtures/opened.js";
import { makeProgram } from "../fixtures/programs.js";
import { readFrames } from "./file/frames.js";
import { file } from "./file.js";
import { firstState } from "./stored-outbox.js";

function someFolder(): string {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}

const filesIn = (folder: string) => readdirSync(folder).filter((name) => name.includes(".outbox"));
const onlyFileIn = (folder: string) => join(folder, filesIn(folder)[0]!);

/** A file with three groups of entries, left behind. */
async function leaveOne(folder: string): Promise<string> {
  const outbox = await openAlone(file(folder));
  for (const number of [1, 2, 3]) await outbox.put([entryOf(number), entryOf(number + 10)]);
  await outbox.close();
  return onlyFileIn(folder);
}

describe("A file", () => {
  it("holds the puts of one turn as one group, and those that come meanwhile as another", async () => {
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    await Promise.all(Array.from({ length: 50 }, (_, number) => outbox.put([entryOf(number)])));
    const path = onlyFileIn(folder);
    expect(readFrames(path, readFileSync(path)).values).toHaveLength(2);
    await outbox.close();
  });

  it("may be read by its user alone, and its folder too", async () => {
    const folder = join(someFolder(), "made", "here");
    const path = await leaveOne(folder);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("is gone with all that was beside it once it is closed without entries", async () => {
    const folder = someFolder();
    const { outbox, stop } = await openWatching(file(folder));
    await outbox.put([entryOf(1)]);
    await outbox.advance(1, { ...firstState, first: 2 });
    await outbox.close();
    stop();
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
  });

  it("stays small however much goes through it, and holds what is left", async () => {
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    const body = "x".repeat(5_000);
    let largest = 0;
    for (let round = 1; round <= 200; round++) {
      await Promise.all([
        outbox.put([entryOf(round, body)]),
        round > 3 ? outbox.advance(1, { ...firstState, first: round - 2 }) : undefined,
      ]);
      largest = Math.max(largest, statSync(onlyFileIn(folder)).size);
    }
    expect(largest).toBeLessThan(200_000);
    expect(filesIn(folder)).toHaveLength(1);
    await outbox.close();
    const again = await openAlone(file(folder));
    expect(numbersOf(again)).toEqual([198, 199, 200]);
    expect(again.state).toEqual({ ...firstState, first: 198 });
    await again.close();
  });

  it("holds nothing more of what was let go of once nothing was written for ten seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    const held = () => readFileSync(onlyFileIn(folder), "utf8");
    await outbox.put([entryOf(1, "secret"), entryOf(2, "waiting")]);
    vi.advanceTimersByTime(5_000);
    await outbox.advance(1, { ...firstState, first: 2 });
    vi.advanceTimersByTime(9_999);
    expect(held()).toContain("secret");
    vi.advanceTimersByTime(1);
    await outbox.put([entryOf(3)]);
    expect(held()).not.toContain("secret");
    expect(held()).toContain("waiting");
    await outbox.advance(2, { ...firstState, first: 4 });
    vi.advanceTimersByTime(10_000);
    await vi.waitFor(() => expect(held()).not.toContain("waiting"));
    await outbox.put([entryOf(4)]);
    await outbox.close();
    const again = await openAlone(file(folder));
    expect(numbersOf(again)).toEqual([4]);
    expect(again.state.first).toBe(4);
    await again.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not written anew each time where its text takes many bytes", async () => {
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    const body = "\u0000".repeat(20_000);
    await outbox.put(Array.from({ length: 5 }, (_, number) => entryOf(number, body)));
    const inodes = new Set<number>();
    for (let put = 0; put < 10; put++) {
      await outbox.put([entryOf(5 + put)]);
      inodes.add(statSync(onlyFileIn(folder)).ino);
    }
    expect(inodes.size).toBeLessThan(3);
    await outbox.close();
  });

  it("goes on behind what was being written when its process ended, wherever that was cut", async () => {
    const folder = someFolder();
    const bytes = readFileSync(await leaveOne(folder));
    const name = filesIn(folder)[0]!;
    for (let cut = 1; cut < 120; cut += 7) {
      const other = someFolder();
      writeFileSync(join(other, name), bytes.subarray(0, bytes.length - cut));
      const outbox = await openAlone(file(other));
      expect(numbersOf(outbox)).toEqual([1, 11, 2, 12]);
      await outbox.put([entryOf(4)]);
      await outbox.close();
      const again = await openAlone(file(other));
      expect(numbersOf(again)).toEqual([1, 11, 2, 12, 4]);
      await again.close();
    }
  });

  it("that was cut before it held anything is no outbox, and in nobody's way", async () => {
    const folder = someFolder();
    const bytes = readFileSync(await leaveOne(folder));
    const path = onlyFileIn(folder);
    for (const length of [0, 5, 19, 40]) {
      writeFileSync(path, bytes.subarray(0, length));
      const outbox = await openAlone(file(folder));
      expect(outbox.entries).toEqual([]);
      await outbox.close();
      expect(filesIn(folder)).toEqual([]);
    }
  });

  it.each([
    ["damaged", (bytes: Buffer) => bytes.fill(0, 60, 70)],
    ["a copy of another", (bytes: Buffer) => bytes],
  ])("that is %s is put aside whole, told once, and in nobody's way", async (_, change) => {
    const folder = someFolder();
    const left = await leaveOne(folder);
    const bytes = change(readFileSync(left));
    writeFileSync(join(folder, "--.outbox"), bytes);
    const { outbox, errors } = await openReporting(file(folder));
    expect(join(folder, `${outbox.producer}.outbox`)).toBe(left);
    const [aside] = readdirSync(folder).filter((name) => name.endsWith(".damaged"));
    expect(errors).toMatchObject([{ code: "Unavailable", reason: "Damaged", retryable: false }]);
    expect(errors[0]!.message).toContain("--.outbox");
    expect(errors[0]!.message).toContain(join(folder, aside!));
    expect(readFileSync(join(folder, aside!))).toEqual(bytes);
    await outbox.close();
    const again = await openReporting(file(folder));
    expect(again.errors).toEqual([]);
    await again.outbox.close();
    expect(readFileSync(join(folder, aside!))).toEqual(bytes);
  });

  it("that is damaged overwrites none that was put aside before", async () => {
    const folder = someFolder();
    for (const round of [1, 2, 3]) {
      writeFileSync(join(folder, "a.outbox"), `eventwire outbox 1\n${"damaged ".repeat(30)}${round}`);
      const { outbox, errors } = await openReporting(file(folder));
      expect(errors).toMatchObject([{ reason: "Damaged" }]);
      await outbox.close();
    }
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it("that is another program's is left alone, told each time, and in nobody's way", async () => {
    const folder = someFolder();
    writeFileSync(join(folder, "-.outbox"), "somebody's shopping list");
    for (let round = 0; round < 2; round++) {
      const { outbox, errors } = await openReporting(file(folder));
      expect(errors).toMatchObject([{ code: "Unavailable", reason: "Foreign" }]);
      await outbox.close();
    }
    expect(readdirSync(folder)).toEqual(["-.outbox"]);
    expect(readFileSync(join(folder, "-.outbox"), "utf8")).toBe("somebody's shopping list");
  });

  it("that a newer version has written is refused, and left as it is for who can read it", async () => {
    const folder = someFolder();
    const path = await leaveOne(folder);
    const bytes = Buffer.from("eventwire outbox 7\n{}");
    writeFileSync(path, bytes);
    for (let round = 0; round < 2; round++) {
      await expect(openAlone(file(folder))).rejects.toMatchObject({ code: "Unavailable", reason: "Newer" });
    }
    expect(readFileSync(path)).toEqual(bytes);
    rmSync(path);
    await (await openAlone(file(folder))).close();
  });

  it("that was deleted or taken away takes nothing more, and says so", async () => {
    for (const take of [(path: string) => rmSync(path), (path: string) => renameSync(path, `${path}.away`)]) {
      const folder = someFolder();
      const outbox = await openAlone(file(folder));
      await outbox.put([entryOf(1)]);
      take(onlyFileIn(folder));
      const lost = { code: "Unavailable", reason: "Lost", retryable: false };
      await expect(outbox.put([entryOf(2)])).rejects.toMatchObject(lost);
      await expect(outbox.advance(1, firstState)).rejects.toMatchObject(lost);
      await outbox.close();
    }
  });

  it("that another one has taken, whoever thought it was nobody's, is not written by two", async () => {
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    await outbox.put([entryOf(1)]);
    // As if nobody were there any more.
    for (const name of readdirSync(folder)) if (name.endsWith(".sock")) rmSync(join(folder, name));
    const thief = await openAlone(file(folder));
    expect(numbersOf(thief)).toEqual([1]);
    await expect(outbox.put([entryOf(2)])).rejects.toMatchObject({ reason: "Lost" });
    await outbox.close();
    await thief.put([entryOf(3)]);
    await thief.close();
    const again = await openAlone(file(folder));
    expect(numbersOf(again).filter((number) => number !== 2)).toEqual([1, 3]);
    await again.close();
  });

  it("of another application in the same folder is not touched", async () => {
    const folder = someFolder();
    for (const name of ["notes.txt", "a.b.c.outbox", "Ä.outbox", ".outbox", "x.OUTBOX"]) {
      writeFileSync(join(folder, name), "somebody's");
    }
    const before = readdirSync(folder);
    const outbox = await openAlone(file(folder));
    await outbox.close();
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe("A folder", () => {
  it("that cannot be one is refused, and named", async () => {
    const path = join(someFolder(), "file");
    writeFileSync(path, "");
    await expect(openAlone(file(path))).rejects.toMatchObject({
      code: "Unavailable",
      reason: "Failed",
      retryable: true,
      message: expect.stringContaining(path),
    });
  });

  it("with a name too long for the address of a socket is shared all the same", async () => {
    const folder = join(someFolder(), "deep".repeat(20), "down".repeat(20));
    mkdirSync(folder, { recursive: true });
    const { outbox, left, stop } = await openWatching(file(folder));
    const other = await openAlone(file(folder));
    expect(other.producer).not.toBe(outbox.producer);
    await other.put([entryOf(1)]);
    await other.close();
    await vi.waitFor(() => expect(left.map(({ producer }) => producer)).toEqual([other.producer]));
    stop();
    for (const one of [outbox, ...left]) await one.close();
  });

  it("loses what processes that were killed have left beside their files", async () => {
    const folder = someFolder();
    const run = new ProgramRun(process.execPath, await makeProgram("putting"), folder, "1000");
    await run.said(5);
    await run.kill();
    expect(readdirSync(folder).some((name) => name.endsWith(".sock"))).toBe(true);
    copyFileSync(onlyFileIn(folder), `${onlyFileIn(folder)}.next`);
    const outbox = await openAlone(file(folder));
    await outbox.put([entryOf(0)]);
    await outbox.close();
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([`${outbox.producer}.outbox`]));
  });
});

it("leaves what a process has that stands still to it, until that is gone", async () => {
  const folder = someFolder();
  const run = new ProgramRun(process.execPath, await makeProgram("putting"), folder, "1000");
  await run.said(5);
  run.process.kill("SIGSTOP");
  const { outbox, left, stop } = await openWatching(file(folder));
  expect(outbox.entries).toEqual([]);
  const sign = await openAlone(file(folder));
  await sign.put([entryOf(0)]);
  await sign.close();
  await vi.waitFor(() => expect(left).toHaveLength(1));
  expect(left[0]!.producer).toBe(sign.producer);
  run.process.kill("SIGKILL");
  await once(run.process, "exit");
  await vi.waitFor(() => expect(left).toHaveLength(2), { timeout: 10_000 });
  stop();
  for (const one of [outbox, ...left]) await one.close();
});

it("keeps no process alive that has nothing else to do", async () => {
  const run = new ProgramRun(process.execPath, await makeProgram("idle"), someFolder());
  await run.ended();
  expect(run.lines).toEqual(["opened", "ends"]);
});
