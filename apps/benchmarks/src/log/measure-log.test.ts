import { expect, it } from "vitest";
import { type LogFate, logHere, memoryLog } from "../../fixtures/memory-log.js";
import { log as ours } from "../ours/log.js";
import { log as bullmq } from "../peers/log/bullmq.js";
import { log as jetstream } from "../peers/log/jetstream.js";
import { log as redis } from "../peers/log/redis-streams.js";
import { log as naive } from "../peers/log/sqlite-naive.js";
import { log as suite } from "../suites/log.js";
import type { EventLog } from "./event-log.js";
import { measureAppends, measureEndToEnd, measureReads } from "./measure-log.js";
import { natsServer, natsTerms } from "./nats-server.js";
import { type Program, startServer } from "./private-server.js";
import { redisServer, redisTerms } from "./redis-server.js";
import { reportOf } from "./reports.js";

const times = { warmUp: 20, measured: 20 };

function installed(terms: () => string): boolean {
  try {
    return terms() !== "";
  } catch {
    return false;
  }
}
const [hasRedis, hasNats] = [installed(redisTerms), installed(natsTerms)];
const on = (program: Program) => () => startServer(program);

it.for([
  { name: "ours", implementation: logHere(ours), there: true },
  { name: "ours, doubled", implementation: suite.handicap(logHere(ours)), there: true },
  { name: "sqlite-naive", implementation: logHere(naive), there: true },
  { name: "redis-streams", implementation: logHere(redis, on(redisServer)), there: hasRedis },
  { name: "bullmq", implementation: logHere(bullmq, on(redisServer)), there: hasRedis },
  { name: "jetstream", implementation: logHere(jetstream, on(natsServer)), there: hasNats },
])("measures $name", { timeout: 30_000 }, async ({ name, implementation, there }, { skip }) => {
  skip(!there, "its server is not installed");
  const { count, delay } = await measureAppends(implementation, 16, times);
  expect(count).toBeGreaterThan(0);
  expect(delay).toBeGreaterThan(0);
  for (const apart of [true, false]) {
    const taken = await measureEndToEnd(implementation, apart, times);
    expect(Math.min(...taken)).toBeGreaterThan(0);
  }
  if (name !== "bullmq") expect(await measureReads(implementation, 100)).toBeGreaterThan(0);
});

it.each<{ fault: string; fate: LogFate; says: string }>([
  {
    fault: "repeated",
    fate: (report) => (report.number === 7 ? [report, report] : [report]),
    says: 'Report 8 was due, and came as {"flight"',
  },
  {
    fault: "altered",
    fate: (report) => [report.number === 7 ? { ...report, remark: "" } : report],
    says: "Report 7 was due",
  },
  {
    fault: "lost",
    fate: (report) => (report.number === 7 ? [] : [report]),
    says: "Report 7 was due",
  },
  {
    fault: "made up",
    fate: (report) => (report.number === 7 ? [reportOf(100), report] : [report]),
    says: "Report 7 was due",
  },
])("fails when one is $fault", async ({ fate, says }) => {
  const implementation = logHere(memoryLog(fate));
  await expect(measureAppends(implementation, 16, times)).rejects.toThrow(says);
  await expect(measureReads(implementation, 100)).rejects.toThrow(says);
  const { open } = memoryLog(fate);
  const looked: EventLog = {
    async open(place) {
      const one = await open(place);
      return { ...one, kept: one.follow };
    },
  };
  await expect(measureAppends(logHere(looked), 16, times)).rejects.toThrow(says);
});

it("keeps everything twice under the handicap", async () => {
  let kept = 0;
  const counting = memoryLog((report) => {
    kept += 1;
    return [report];
  });
  const { count } = await measureAppends(suite.handicap(logHere(counting)), 1, { warmUp: 0, measured: 20 });
  expect(kept).toBe(2 * count);
});
