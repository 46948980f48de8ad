import { expect, it } from "vitest";
import { memoryTasks, type TaskFate, tasksHere } from "../../fixtures/memory-tasks.js";
import { startServer } from "../log/private-server.js";
import { redisServer, redisTerms } from "../log/redis-server.js";
import { tasks as ours } from "../ours/tasks.js";
import { tasks as bullmq } from "../peers/tasks/bullmq.js";
import { tasks as plainjob } from "../peers/tasks/plainjob.js";
import { tasks as suite } from "../suites/tasks.js";
import { measureBacklog, measureRate, measureStart } from "./measure-tasks.js";

const counts = { warmUp: 20, measured: 40 };

function hasRedis(): boolean {
  try {
    return redisTerms() !== "";
  } catch {
    return false;
  }
}

it.for([
  { name: "ours", implementation: tasksHere(ours), there: true },
  { name: "ours, doubled", implementation: suite.handicap(tasksHere(ours)), there: true },
  { name: "plainjob", implementation: tasksHere(plainjob), there: true },
  { name: "bullmq", implementation: tasksHere(bullmq, () => startServer(redisServer)), there: hasRedis() },
])("measures $name", { timeout: 60_000 }, async ({ name, implementation, there }, { skip }) => {
  skip(!there, "its server is not installed");
  expect(await measureRate(implementation, false, counts)).toBeGreaterThan(0);
  expect(await measureStart(implementation, { warmUp: 2, measured: 5 })).toBeGreaterThan(0);
  if (!name.startsWith("ours")) return;
  expect(await measureRate(implementation, true, counts)).toBeGreaterThan(0);
  expect(await measureBacklog(implementation, 0, counts)).toBeGreaterThan(0);
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

it("keeps everything twice under the handicap", async () => {
  let kept = 0;
  const counting = memoryTasks((report) => {
    kept += 1;
    return [report];
  });
  await measureRate(suite.handicap(tasksHere(counting)), false, counts);
  expect(kept).toBe(2 * (counts.warmUp + counts.measured));
});
