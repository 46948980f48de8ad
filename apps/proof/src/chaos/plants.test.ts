import { beforeAll, describe, expect, it } from "vitest";
import { makeActorProgram } from "../../fixtures/actor-program.js";
import type { Plant } from "./plants.js";
import { type ChaosOutcome, runChaos } from "./run-chaos.js";

let program: URL;

beforeAll(async () => {
  program = await makeActorProgram();
});

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

/** What a bug leads to itself: a process that falls, or an event of another kind, would be found for another reason. */
const signs: Readonly<Record<Plant, (outcome: ChaosOutcome) => readonly string[]>> = {
  // It is in no log, so that nobody has it.
  "acknowledge-before-commit": ({ lost }) => lost.filter((one) => !one.startsWith("numbered.")),
  // It is in the log, and the group keeps its place in another way.
  "cursor-before-handler": ({ lost }) => lost.filter((one) => one.includes(" at listener ")),
  "off-by-one-at-the-tail": ({ lost }) => lost,
  "unfenced-producer": ({ duplicated }) => duplicated.filter((one) => one.startsWith("numbered.")),
};

describe.skipIf(process.platform === "win32")("A run of killed processes", () => {
  it.each(Object.entries(signs) as [Plant, (typeof signs)[Plant]][])(
    "finds out a bug: %s",
    {
      timeout: 240_000,
    },
    async (plant, sign) => {
      const outcome = await runChaos({ kills: 10, seed, program, plant, patience: 4_000, limit: 60_000 });
      expect(outcome.missing, `CHAOS_SEED=${seed}`).toEqual([]);
      const found = sign(outcome);
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThan(outcome.delivered);
      expect(outcome.unexpected).toEqual([]);
      expect(outcome.gaps).toBe(0);
    },
  );
});
