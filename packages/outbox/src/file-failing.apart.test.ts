import { readdirSync, statSync } from "node:fs";
import type * as files from "node:fs/promises";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createFolder } from "@eventwire/programs";
import { expect, it, onTestFinished, vi } from "vitest";
import { entryOf, numbersOf, openAlone } from "../fixtures/opened.js";
import { file } from "./file.js";
import { firstState } from "./stored-outbox.js";

const failing = vi.hoisted(() => ({ rename: false, tries: 0 }));
vi.mock("node:fs/promises", async (original) => {
  const actual = await original<typeof files>();
  const rename: typeof actual.rename = (from, to) => {
    if (failing.rename && String(from).endsWith(".next")) {
      failing.tries += 1;
      return Promise.reject(failure("EPERM"));
    }
    return actual.rename(from, to);
  };
  return { ...actual, rename };
});

const failure = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

function someFolder(): string {
  const folder = createFolder();
  onTestFinished(() => {
    failing.rename = false;
    folder.remove();
  });
  return folder.path;
}

it("holds nothing of what could not be synced", async () => {
  const folder = someFolder();
  const outbox = await openAlone(file(folder));
  await outbox.put([entryOf(1)]);
  const probe = await open(join(folder, "probe"), "w");
  const datasync = vi.spyOn(Object.getPrototypeOf(probe) as typeof probe, "datasync");
  await probe.close();
  onTestFinished(() => datasync.mockRestore());
  datasync.mockRejectedValueOnce(failure("EIO"));
  await expect(outbox.put([entryOf(2)])).rejects.toMatchObject({ code: "Unavailable", reason: "Failed" });
  await expect(outbox.put([entryOf(3)])).rejects.toMatchObject({ code: "Unavailable", reason: "Failed" });
  await outbox.close();
  const again = await openAlone(file(folder));
  expect(numbersOf(again)).toEqual([1]);
  await again.close();
});

it("goes on in the old file where the new one cannot take its place, and does not try at each write", async () => {
  const folder = someFolder();
  const outbox = await openAlone(file(folder));
  await outbox.put([entryOf(0, "x".repeat(100_000))]);
  await outbox.advance(1, { ...firstState, first: 2 });
  failing.rename = true;
  const [name] = readdirSync(folder).filter((one) => one.endsWith(".outbox"));
  const { ino } = statSync(join(folder, name!));
  for (let number = 1; number <= 5; number++) await outbox.put([entryOf(number)]);
  expect(statSync(join(folder, name!)).ino).toBe(ino);
  expect(failing.tries).toBe(1);
  expect(readdirSync(folder).filter((one) => one.endsWith(".next"))).toEqual([]);
  await outbox.close();
  const again = await openAlone(file(folder));
  expect(numbersOf(again)).toEqual([1, 2, 3, 4, 5]);
  expect(again.state.first).toBe(2);
  await again.close();
});
