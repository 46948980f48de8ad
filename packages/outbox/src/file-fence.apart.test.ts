import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type * as files from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenOutbox } from "@eventwire/core";
import { createFolder } from "@eventwire/programs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { entryOf, numbersOf, openAlone, openReporting, openWatching } from "../fixtures/opened.js";
import { file } from "./file.js";
import { firstState } from "./stored-outbox.js";

/** What happens before a file is renamed. */
let beforeRename: (from: string) => Promise<void> = async () => undefined;
vi.mock("node:fs/promises", async (original) => {
  const actual = await original<typeof files>();
  const rename: typeof actual.rename = async (from, to) => {
    await beforeRename(String(from));
    await actual.rename(from, to);
  };
  return { ...actual, rename };
});

function someFolder(): string {
  const folder = createFolder();
  onTestFinished(() => {
    beforeRename = async () => undefined;
    folder.remove();
  });
  return folder.path;
}

const filesIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".outbox"));
const lost = { code: "Unavailable", reason: "Lost" };

/** As if whoever is there were not. */
function hide(folder: string): void {
  for (const name of readdirSync(folder)) if (name.endsWith(".sock")) rmSync(join(folder, name));
}

/** Has so much go through an outbox that its file is to be written anew. */
async function fill(outbox: Awaited<ReturnType<typeof openAlone>>): Promise<void> {
  await outbox.put([entryOf(1), entryOf(2, "x".repeat(100_000))]);
  await outbox.put([entryOf(3)]);
  await outbox.advance(2, { ...firstState, first: 3 });
}

describe("Who was taken for gone and writes on", () => {
  it("destroys nothing of who has taken its file", async () => {
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    await outbox.put([entryOf(1)]);
    hide(folder);
    const thief = await openAlone(file(folder));
    await thief.put([entryOf(3)]);
    await expect(outbox.put([entryOf(2)])).rejects.toMatchObject(lost);
    await outbox.close();
    await thief.close();
    const again = await openAlone(file(folder));
    expect(numbersOf(again)).toEqual([1, 3]);
    await again.close();
  });

  it("brings no file back that was taken while it wrote it anew", async () => {
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    await fill(outbox);
    let thief: Awaited<ReturnType<typeof openAlone>> | undefined;
    beforeRename = async (from) => {
      if (thief !== undefined || !from.endsWith(".next")) return;
      beforeRename = async () => undefined;
      hide(folder);
      const written = readFileSync(from);
      thief = await openAlone(file(folder));
      // As if it had looked for it a moment earlier.
      writeFileSync(from, written);
    };
    await expect(outbox.put([entryOf(4)])).rejects.toMatchObject(lost);
    expect(thief?.producer).toBe(outbox.producer);
    expect(filesIn(folder)).toHaveLength(1);
    await outbox.close();
    await thief!.put([entryOf(5)]);
    await thief!.close();
    const { outbox: again, left, stop } = await openWatching(file(folder));
    stop();
    expect(numbersOf(again)).toEqual([3, 5]);
    expect(left).toEqual([]);
    await again.close();
  });
});

it("opens another one where what it takes is taken from it in the same moment", async () => {
  const folder = someFolder();
  const outbox = await openAlone(file(folder));
  await outbox.put([entryOf(1)]);
  hide(folder);
  const taken = `${outbox.producer}.quicker.outbox`;
  beforeRename = async (from) => {
    if (!from.endsWith(".next")) return;
    beforeRename = async () => undefined;
    renameSync(from.slice(0, -".next".length), join(folder, taken));
  };
  const other = await openAlone(file(folder));
  expect(other.producer).not.toBe(outbox.producer);
  expect(filesIn(folder)).toContain(taken);
  await other.close();
  expect(filesIn(folder)).toEqual([taken]);
  await outbox.close();
});

it("is told of nothing where it could not open", async () => {
  const folder = someFolder();
  const other = await openAlone(file(folder));
  await other.put([entryOf(1)]);
  writeFileSync(join(folder, "-.outbox"), "eventwire outbox 7\n{}");
  let looks = 0;
  beforeRename = async (from) => {
    // What is left while it opens, it hears of.
    if (looks++ === 0) await other.close();
    // And has the time to take it, if it did.
    if (from.endsWith("-.outbox")) await sleep(50);
  };
  const left: OpenOutbox[] = [];
  const { signal } = new AbortController();
  const opening = file(folder).open({ left: (one) => left.push(one), signal });
  await expect(opening).rejects.toMatchObject({ reason: "Newer" });
  rmSync(join(folder, "-.outbox"));
  const next = await openAlone(file(folder));
  expect(next.producer).toBe(other.producer);
  expect(left).toEqual([]);
  await next.close();
});

describe("A file that is there twice", () => {
  it("under another name is put aside, and not opened as another one", async () => {
    const folder = someFolder();
    const outbox = await openAlone(file(folder));
    await outbox.put([entryOf(1)]);
    await outbox.close();
    const [name] = filesIn(folder);
    copyFileSync(join(folder, name!), join(folder, "000-copy.outbox"));
    const { outbox: again, errors } = await openReporting(file(folder));
    expect(again.producer).toBe(outbox.producer);
    expect(errors).toMatchObject([
      { reason: "Damaged", message: expect.stringContaining("000-copy.outbox") },
    ]);
    await again.close();
    expect(filesIn(folder)).toEqual([name]);
  });

  it("under its own name takes the place of none that is open, and is not opened beside it", async () => {
    const folder = someFolder();
    const { outbox, left, stop } = await openWatching(file(folder));
    await outbox.put([entryOf(1)]);
    const early = readFileSync(join(folder, filesIn(folder)[0]!));
    await outbox.put([entryOf(2)]);
    writeFileSync(join(folder, `${outbox.producer}.outbox`), early);
    const sign = await openAlone(file(folder));
    expect(sign.producer).not.toBe(outbox.producer);
    await sign.put([entryOf(9)]);
    await sign.close();
    await vi.waitFor(() => expect(left).toHaveLength(1));
    expect(left[0]!.producer).toBe(sign.producer);
    await outbox.put([entryOf(3)]);
    stop();
    await left[0]!.close();
    // Also where it is written anew beside it.
    await outbox.put([entryOf(4, "x".repeat(100_000))]);
    await outbox.advance(4, { ...firstState, first: 5 });
    await outbox.put([entryOf(5)]);
    await outbox.close();
    const again = await openWatching(file(folder));
    await vi.waitFor(() => expect(again.left).toHaveLength(1));
    again.stop();
    const found = [again.outbox, ...again.left];
    expect(numbersOf(found.find(({ producer }) => producer === outbox.producer)!)).toEqual([5]);
    for (const one of found) await one.close();
  });
});
