import { randomInt } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createFolder, ProgramRun } from "@eventwire/programs";
import { expect, it, onTestFinished } from "vitest";
import { acknowledgedBy, numbersIn } from "../fixtures/appended-numbers.js";
import { makeProgram } from "../fixtures/programs.js";

const kills = 8;

it("keeps all that it has acknowledged, once and in order, when its process is killed amid its commits", async () => {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  const file = join(folder.path, "events.db");
  const program = await makeProgram("appending");
  const acknowledged: number[] = [];
  let next = 1;
  for (let kill = 0; kill < kills; kill++) {
    const run = new ProgramRun(process.execPath, program, file, String(next), String(1 + randomInt(20)));
    await run.said(1 + randomInt(30));
    await sleep(randomInt(5));
    await run.kill();
    acknowledged.push(...acknowledgedBy(run));

    const numbers = await numbersIn(file);
    expect(numbers).toEqual(expect.arrayContaining(acknowledged));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    next = Math.max(0, ...numbers) + 1;
  }
  expect(acknowledged.length).toBeGreaterThan(0);
});
