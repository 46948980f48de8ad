import { expect, it } from "vitest";
import { memoryRecovery, type RecoveryFate, recoveryHere } from "../../fixtures/memory-recovery.js";
import { startServer } from "../log/private-server.js";
import { redisServer, redisTerms } from "../log/redis-server.js";
import { recovery as ours } from "../ours/resume.js";
import { recovery as inMemory } from "../peers/resume/socket.io-recovery.js";
import { recovery as redis } from "../peers/resume/socket.io-recovery-redis.js";
import { resume as suite } from "../suites/resume.js";
import { measureResume } from "./measure-resume.js";

const outage = { clients: 3, missed: 20, before: 5, restarted: false };

function isInstalled(): boolean {
  try {
    return redisTerms() !== "";
  } catch {
    return false;
  }
}

it.for([
  { name: "ours", implementation: recoveryHere(ours), there: true },
  { name: "ours, doubled", implementation: suite.handicap(recoveryHere(ours)), there: true },
  { name: "socket.io-recovery", implementation: recoveryHere(inMemory), there: true },
  {
    name: "socket.io-recovery-redis",
    implementation: recoveryHere(redis, () => startServer(redisServer)),
    there: isInstalled(),
  },
])("measures $name", { timeout: 30_000 }, async ({ implementation, there }, { skip }) => {
  skip(!there, "its server is not installed");
  expect(await measureResume(implementation, outage)).toBeGreaterThan(0);
});

it.each<{ fault: string; fate: RecoveryFate; says: string }>([
  {
    fault: "repeated",
    fate: (position) => (position.number === 7 ? [position, position] : [position]),
    says: "Position 8 was due",
  },
  {
    fault: "altered",
    fate: (position) => [position.number === 7 ? { ...position, altitude: 1 } : position],
    says: "Position 7 was due",
  },
  {
    fault: "lost for one client",
    fate: (position, client) => (position.number === 7 && client === 2 ? [] : [position]),
    says: "Position 7 was due",
  },
])("fails when one is $fault", async ({ fate, says }) => {
  await expect(measureResume(recoveryHere(memoryRecovery(fate)), outage)).rejects.toThrow(says);
});
