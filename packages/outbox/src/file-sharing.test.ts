import { setTimeout as sleep } from "node:timers/promises";
import { createFolder, type Mutation, ProgramRun } from "@eventwire/programs";
import { VirtualClock } from "@eventwire/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { numbersOf, openWatching } from "../fixtures/opened.js";
import { makeProgram } from "../fixtures/programs.js";
import { file } from "./file.js";

const kills = 24;
const seed = Number(process.env.CRASH_SEED ?? 2026);

/** Has processes share a folder, begin and be killed, and looks at what they had and what is left. */
async function share(mutation?: Mutation): Promise<void> {
  const chance = new VirtualClock({ seed });
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  const program = await makeProgram("sharing", mutation);
  const runs: ProgramRun[] = [];
  const start = () => runs.push(new ProgramRun(process.execPath, program, folder.path));
  for (let process = 0; process < 4; process++) start();
  // Where the machine is slow, those that follow may be killed before they have anything.
  await Promise.all(runs.map((run) => run.said(1)));
  for (let kill = 0; kill < kills; kill++) {
    await sleep(chance.random() * 200);
    await runs[kill + Math.floor(chance.random() * 4)]?.kill();
    await runs[kill]!.kill();
    start();
  }
  await runs.at(-1)!.said(1);
  await Promise.all(runs.map((run) => run.kill()));

  /** The largest number that was acknowledged of each producer. */
  const kept = new Map<string, number>();
  const lines = runs.flatMap((run) => run.lines);
  const failed = lines.find((line) => !line.startsWith("kept"));
  if (failed !== undefined) throw new Error(failed);
  for (const [, producer = "", number] of lines.map((line) => line.split(" "))) {
    kept.set(producer, Math.max(kept.get(producer) ?? 0, Number(number)));
  }
  expect(kept.size).toBeGreaterThan(1);
  const { outbox, left, stop } = await openWatching(file(folder.path));
  const found = () => [outbox, ...left].map(({ producer }) => producer);
  await vi.waitFor(() => expect(found()).toEqual(expect.arrayContaining([...kept.keys()])), {
    timeout: 10_000,
  });
  expect(new Set(found()).size).toBe(found().length);
  stop();
  for (const one of [outbox, ...left]) {
    const numbers = numbersOf(one);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(kept.get(one.producer) ?? 0);
    await one.close();
  }
}

describe(`An outbox of one of several processes that begin and are killed at any moment (seed ${seed})`, () => {
  it("is had by one at a time, and keeps what was acknowledged", () => share());

  it("is seen to be had by two where nobody is asked whether he is there", async () => {
    const blind = { from: 'if (socket === "gone") continue;', to: "if (socket) continue;" };
    await expect(share(blind)).rejects.toThrow("another process has taken it");
  });
});
