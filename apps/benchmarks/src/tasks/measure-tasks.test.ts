import { expect, it } from "vitest";
import { memoryTasks, type TaskFate, tasksHere } from "../../fixtures/memory-tasks.js";
import { startServer } from "../log/private-server.js";
import { redisServer, redisTerms } from "../log/redis-server.js";
import { tasks as remote } from "../ours/remote-tasks.js";
import { tasks as ours } from "../ours/tasks.js";
import { tasks as bullmq } from "../peers/tasks/bullmq.js";
import { tasks as plainjob } from "../peers/tasks/plainjob.js";
import { tasks as suite } from "../suites/tasks.js";
import { measureBacklog, measureRate, measureRemoteRate, measureStart } from "./measure-tasks.js";
import type { TaskQueue } from "./task-queue.js";

const counts = { warmUp: 20, measured: 40 };

/** Of servers and files on a machine that others use as well, in milliseconds. */
const timeout = 120_000;
const allOurs = { ...tasksHere(ours), remote: tasksHere(remote) };

function hasRedis(): boolean {
  try {
    return redisTerms() !== "";
  } catch {
    return false;
  }
}

it.for([
  { name: "ours", implementation: allOurs, there: true },
  { name: "ours, doubled", implementation: suite.handicap(allOurs), there: true },
  { name: "plainjob", implementation: tasksHere(plainjob), there: true },
  { name: "bullmq", implementation: tasksHere(bullmq, () => startServer(redisServer)), there: hasRedis() },
])("measures $name", { timeout }, async ({ name, implementation, there }, { skip }) => {
  skip(!there, "its server is not installed");
  expect(await measureRate(implementation, false, counts)).toBeGreaterThan(0);
  expect(await measureStart(implementation, { warmUp: 2, measured: 5 })).toBeGreaterThan(0);
  if (!name.startsWith("ours")) return;
  expect(await measureRate(implementation, true, counts)).toBeGreaterThan(0);
  expect(await measureBacklog(implementation, 0, counts)).toBeGreaterThan(0);
});

it.for([
  { name: "ours", implementation: allOurs },
  { name: "ours, doubled", implementation: suite.handicap(allOurs) },
])("measures workers of $name that are remote", { timeout }, async ({ implementation }) => {
  expect(await measureRemoteRate(implementation, { warmUp: 5, measured: 10 })).toBeGreaterThan(0);
});

it.each<{ fault: string; fate: TaskFate; says: string }>([
  {
    fault: "repeated",
    fate: (report) => (report.number === 7 ? [report, report] : [report]),
    says: "7 was done twice",
  },
  {
    fault: "altered",
    fate: (report) => [report.number === 7 ? { ...report, remark: "" } : report],
    says: "Report 7 came as",
  },
])("fails when one is $fault", async ({ fate, says }) => {
  await expect(measureRate(tasksHere(memoryTasks(fate)), false, counts)).rejects.toThrow(says);
});

it("fails when one of a key is done too late", async () => {
  const end = await tasksHere(memoryTasks((report) => [report])).server();
  await end.open({ address: "a", name: "b" });
  await end.work(true);
  // The reports of a flight come again after so many.
  await end.enqueue(1_024, 1, true, 1);
  await end.enqueue(0, 1, true, 1);
  await expect(end.finished(0, 2)).rejects.toThrow("Report 0 was done too late");
});

it("goes through who has the queue where workers are remote", async () => {
  const joined: string[] = [];
  const { open } = memoryTasks((report) => [report]);
  const join: TaskQueue["open"] = (place) => {
    joined.push(place.name);
    return open(place);
  };
  await measureRemoteRate({ ...tasksHere(memoryTasks(() => [])), remote: tasksHere({ open, join }) }, counts);
  expect(joined).toEqual(["reports"]);
});

it("keeps everything twice under the handicap", async () => {
  let kept = 0;
  const counting = memoryTasks((report) => {
    kept += 1;
    return [report];
  });
  const slowed = suite.handicap({ ...tasksHere(counting), remote: tasksHere(counting) });
  await measureRate(slowed, false, counts);
  await measureRemoteRate(slowed, counts);
  expect(kept).toBe(2 * 2 * (counts.warmUp + counts.measured));
});
