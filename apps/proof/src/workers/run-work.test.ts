import { beforeAll, describe, expect, it } from "vitest";
import { makeWorkProgram } from "../../fixtures/actor-program.js";
import type { WorkPlant } from "./plants.js";
import { workWrongs } from "./report.js";
import { runWork, type WorkOutcome } from "./run-work.js";

let program: URL;

beforeAll(async () => {
  program = await makeWorkProgram();
});

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

/** By what a bug is found, and not by what falls. */
const plants: Readonly<Record<WorkPlant, (outcome: WorkOutcome) => readonly string[]>> = {
  "enqueued-before-commit": ({ lost }) => lost,
  "end-without-its-fence": ({ doubled, fenced }) => [...doubled, ...fenced],
  "keys-at-once": ({ atOnce }) => atOnce,
  "attempts-counted-late": ({ attempts }) => attempts.filter((one) => one.includes("begun twice")),
};

// There are no pipes with names, nor SIGSTOP, on Windows.
describe.skipIf(process.platform === "win32")("Work that processes share", () => {
  it("is done once each, when a hundred workers and five hubs are killed over ten thousand tasks", {
    timeout: 300_000,
  }, async () => {
    const outcome = await runWork({ tasks: 10_000, kills: 100, hubKills: 5, seed, program });
    expect(workWrongs(outcome), `CHAOS_SEED=${seed}`).toEqual([]);
    expect(outcome.missing).toEqual([]);
    expect(outcome).toMatchObject({ handedIn: 10_000, carried: 9_800, dead: 200 });
  });

  it.each(Object.entries(plants))("would show a bug: %s", { timeout: 120_000 }, async (plant, sign) => {
    const outcome = await runWork({
      ...{ tasks: 400, kills: 2, hubKills: 2, needed: ["hub-killed"], seed, program },
      plant: plant as WorkPlant,
    });
    expect(sign(outcome)).not.toEqual([]);
  });
});
