import { randomInt } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBus, defineContract, task, unchecked } from "@eventwire/core";
import { createFolder, type Mutation, ProgramRun } from "@eventwire/programs";
import { expect, it, onTestFinished } from "vitest";
import { openBroker, readAll } from "../fixtures/broker.js";
import { makeProgram } from "../fixtures/programs.js";
import { sqlite } from "./sqlite.js";

const kills = 6;
const roots = 150;
/** Long enough for a task, and over before the next process has looked twice. */
const lease = 150;

function createFile(): string {
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  return join(folder.path, "events.db");
}

const told = (run: ProgramRun, word: string) =>
  run.lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

/** What processes leave that do tasks and are killed amid them, until one of them ends by itself. */
async function workThroughCrashes(mutation?: Mutation) {
  const file = createFile();
  const program = await makeProgram("working", mutation);
  await new ProgramRun(process.execPath, program, file, "fill", String(roots)).ended();
  const runs: ProgramRun[] = [];
  const start = () => {
    const run = new ProgramRun(process.execPath, program, file, String(lease));
    runs.push(run);
    return run;
  };
  for (let kill = 0; kill < kills; kill++) {
    const run = start();
    await run.said(1 + randomInt(40));
    await sleep(randomInt(5));
    await run.kill();
  }
  await start().ended();
  const broker = await openBroker(file);
  const events = (await readAll(broker)).map(({ body }) => Buffer.from(body).toString());
  const bills = await broker.tasks.claim({
    names: ["parcel.bill"],
    owner: "w",
    lease: 60_000,
    limit: 10_000,
  });
  return {
    events,
    bills: bills.map(({ body }) => Buffer.from(body).toString()),
    early: runs.flatMap((run) => told(run, "early")),
    done: runs.flatMap((run) => told(run, "done")),
    finished: told(runs.at(-1)!, "finished"),
  };
}

it("does each task, once in effect and after those that it waits for, when its workers are killed amid them", {
  timeout: 120_000,
}, async () => {
  const { events, bills, early, done, finished } = await workThroughCrashes();
  expect(finished).toEqual([String(2 * roots)]);
  const expected = Array.from({ length: roots }, (_, index) => [`route/${index}`, `deliver/${index}`]).flat();
  expect([...events].sort(), "events").toEqual(expected.sort());
  expect([...bills].sort(), "what follows").toEqual(
    Array.from({ length: roots }, (_, index) => String(index)).sort(),
  );
  expect(early, "begun before its time").toEqual([]);
  expect(new Set(done).size, "told to be done twice").toBe(done.length);
});

it("would be seen to let a task go before its time", { timeout: 120_000 }, async () => {
  const { early } = await workThroughCrashes({ from: ": places.length > 0", to: ": places.length > 1" });
  expect(early.length).toBeGreaterThan(0);
});

it("ends what it has begun, and begins nothing more, when it is told to end", {
  timeout: 60_000,
}, async () => {
  const file = createFile();
  const contract = defineContract({ "parcel.route": task(unchecked<{ readonly number: number }>()) });
  const bus = createBus(contract, { broker: sqlite(file) });
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  await Promise.all(numbers.map((number) => bus.enqueue("parcel.route", { number })));
  const run = new ProgramRun(process.execPath, await makeProgram("draining"), file, "500");
  await run.said(7);
  run.process.kill("SIGTERM");
  await run.ended();
  const [begun, done] = [told(run, "begun"), told(run, "done")];
  expect(run.lines.at(-1)).toBe("closed");
  expect(run.process.exitCode ?? (await new Promise((resolve) => run.process.once("exit", resolve)))).toBe(0);
  expect(done.sort()).toEqual(begun.sort());
  expect(begun.length).toBeLessThan(numbers.length);
  const counts = await bus.tasks("parcel.route").counts();
  expect(counts).toMatchObject({ waiting: numbers.length - done.length, claimed: 0, delayed: 0, dead: 0 });
  await bus.close();
  const { tasks } = await openBroker(file);
  const left = await tasks.claim({ names: ["parcel.route"], owner: "w", lease: 60_000, limit: 100 });
  expect(
    left.every(({ attempt }) => attempt === 1),
    "no attempt is lost",
  ).toBe(true);
});
