import { beforeAll, describe, expect, it } from "vitest";
import { makeActorProgram } from "../../fixtures/actor-program.js";
import type { Plant } from "./plants.js";
import { missingFaults, wrongs } from "./report.js";
import { runChaos } from "./run-chaos.js";

let program: URL;

beforeAll(async () => {
  program = await makeActorProgram();
});

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

const finds: readonly (readonly [Plant, "lost" | "duplicated"])[] = [
  ["acknowledge-before-commit", "lost"],
  ["cursor-before-handler", "lost"],
  ["off-by-one-at-the-tail", "lost"],
  ["unfenced-producer", "duplicated"],
];

// There are no pipes with names, nor SIGSTOP, on Windows.
describe.skipIf(process.platform === "win32")("A file that processes share", () => {
  it("loses, doubles and inverts nothing when processes on one file are killed fifty times", {
    timeout: 180_000,
  }, async () => {
    const outcome = await runChaos({ kills: 50, seed, program });
    expect(wrongs(outcome), `CHAOS_SEED=${seed}`).toEqual([]);
    expect(missingFaults(outcome)).toEqual([]);
    expect(outcome.acknowledged).toBeGreaterThan(500);
  });

  it.each(finds)("finds out a bug: %s", { timeout: 120_000 }, async (plant, kind) => {
    const outcome = await runChaos({ kills: 10, seed, program, plant, patience: 4_000 });
    expect(outcome[kind].length).toBeGreaterThan(0);
    expect(outcome[kind].length).toBeLessThan(outcome.delivered);
  });
});
