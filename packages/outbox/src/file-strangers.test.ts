import { spawnSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createFolder } from "@eventwire/programs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { entryOf, numbersOf, openAlone, openReporting, openWatching } from "../fixtures/opened.js";
import { encodeFrame, head } from "./file/frames.js";
import { file } from "./file.js";
import { firstState } from "./stored-outbox.js";

function someFolder(): string {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}

const filesIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".outbox"));

/** The path of a file that holds what was put, left behind. */
async function leave(folder: string, ...numbers: readonly number[]): Promise<string> {
  const outbox = await openAlone(file(folder));
  for (const number of numbers) await outbox.put([entryOf(number)]);
  await outbox.close();
  return join(folder, `${outbox.producer}.outbox`);
}

describe("What has the name of an outbox and is no file", () => {
  const makes = {
    "a pipe": (path: string) => spawnSync("mkfifo", [path]),
    "a folder": (path: string) => mkdirSync(path),
    "a link": (path: string) => symlinkSync("/dev/zero", path),
  };
  it.each(Object.entries(makes))("is left alone, and in nobody's way: %s", async (_, make) => {
    const folder = someFolder();
    make(join(folder, "a.outbox"));
    const outbox = await openAlone(file(folder));
    expect(outbox.entries).toEqual([]);
    await outbox.close();
    expect(readdirSync(folder)).toEqual(["a.outbox"]);
  });
});

describe("What another program has beside outboxes", () => {
  it("is not removed where it is named as a socket", async () => {
    const folder = someFolder();
    for (const name of ["notes.sock", "eventwire-notes.sock"]) {
      writeFileSync(join(folder, name), "somebody's");
      utimesSync(join(folder, name), 0, 0);
    }
    await (await openAlone(file(folder))).close();
    expect(readdirSync(folder)).toEqual(["eventwire-notes.sock", "notes.sock"]);
  });

  it("is not called where it is a socket", async () => {
    const folder = someFolder();
    let calls = 0;
    const server = createServer(() => {
      calls += 1;
    });
    await new Promise<void>((resolve) => server.listen(join(folder, "db.sock"), resolve));
    onTestFinished(() => void server.close());
    await (await openAlone(file(folder))).close();
    await (await openAlone(file(folder))).close();
    expect(calls).toBe(0);
  });
});

describe("A file with whole frames", () => {
  const begin = { producer: "a", state: firstState, entries: [] };
  it.each([
    ["no outbox", [null]],
    ["entries that are none", [{ ...begin, entries: [null] }]],
    ["changes that are none", [begin, 7]],
    ["more gone than there was", [begin, [{ type: "advance", done: 1, state: firstState }]]],
    ["no JSON", [begin, undefined]],
  ])("that hold %s is damaged, and put aside", async (_, values) => {
    const folder = someFolder();
    const frames = values.map((value) => (value === undefined ? brokenFrame() : encodeFrame(value)));
    writeFileSync(join(folder, "a.outbox"), Buffer.concat([head(), ...frames]));
    const { outbox, errors } = await openReporting(file(folder));
    expect(errors).toMatchObject([{ code: "Unavailable", reason: "Damaged", retryable: false }]);
    expect(outbox.entries).toEqual([]);
    await outbox.close();
    expect(filesIn(folder)).toEqual([]);
  });
});

/** A frame whose checksum is right, and whose text is cut. */
function brokenFrame(): Buffer {
  const toJSON = vi.spyOn(JSON, "stringify").mockReturnValueOnce("[");
  const frame = encodeFrame(0);
  toJSON.mockRestore();
  return frame;
}

describe("A file whose first frame is damaged", () => {
  it("is damaged, and no torn end, although nothing whole is behind it", async () => {
    const folder = someFolder();
    const path = join(folder, "a.outbox");
    const entries = Array.from({ length: 20 }, (_, number) => entryOf(number));
    const bytes = Buffer.concat([head(), encodeFrame({ producer: "a", state: firstState, entries })]);
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(path, bytes);
    const { outbox, errors } = await openReporting(file(folder));
    expect(errors).toMatchObject([{ reason: "Damaged" }]);
    await outbox.close();
    const [aside] = readdirSync(folder);
    expect(readFileSync(join(folder, aside!))).toEqual(bytes);
  });
});

describe("A file of another program's", () => {
  it("does not keep others from being told of that were left behind it", async () => {
    const folder = someFolder();
    const told = vi.spyOn(console, "error").mockReturnValue();
    onTestFinished(() => told.mockRestore());
    const { outbox, left, stop } = await openWatching(file(folder));
    const elsewhere = someFolder();
    const good = await leave(elsewhere, 5);
    writeFileSync(join(folder, "-.outbox"), "somebody's shopping list");
    renameSync(good, join(folder, good.slice(elsewhere.length + 1)));
    // Who comes and goes has the first one look again.
    const sign = await openReporting(file(folder));
    expect(sign.errors).toMatchObject([{ reason: "Foreign" }]);
    const [own] = [sign.outbox].filter(({ entries }) => entries.length > 0);
    await sign.outbox.close();
    await vi.waitFor(() => expect(left.map(numbersOf)).toEqual([[5]]));
    expect(own === undefined || numbersOf(own).includes(5)).toBe(true);
    await vi.waitFor(() => expect(told).toHaveBeenCalledOnce());
    stop();
    for (const one of [outbox, ...left]) await one.close();
  });

  it("of who is gone keeps its name, and takes the place of none", async () => {
    const folder = someFolder();
    const path = await leave(folder, 1);
    const good = readFileSync(path);
    const held = path.replace(/outbox$/, "gone.outbox");
    linkSync(path, `${path}.kept`);
    writeFileSync(held, "somebody's shopping list");
    const { outbox, errors } = await openReporting(file(folder));
    expect(errors).toMatchObject([{ reason: "Foreign" }]);
    expect(readFileSync(path)).toEqual(good);
    expect(readFileSync(held, "utf8")).toBe("somebody's shopping list");
    await outbox.close();
  });
});

it("opens an outbox beside a folder that is called what a process would have written it anew as", async () => {
  const folder = someFolder();
  const path = await leave(folder, 1);
  mkdirSync(`${path}.next`);
  const again = await openAlone(file(folder));
  expect(numbersOf(again)).toEqual([1]);
  await again.close();
});
