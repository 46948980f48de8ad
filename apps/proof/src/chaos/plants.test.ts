import { beforeAll, describe, expect, it } from "vitest";
import { makeActorProgram } from "../../fixtures/actor-program.js";
import { chosenFor } from "./faults.js";
import { type Plant, shownBy } from "./plants.js";
import { type ChaosOutcome, runChaos } from "./run-chaos.js";

let program: URL;

beforeAll(async () => {
  program = await makeActorProgram();
});

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

interface Found {
  /** What a bug leads to itself: a process that falls, or an event of another kind, would be found for another reason. */
  readonly sign: (outcome: ChaosOutcome) => readonly string[];
  /** What must not be, and is all the same: the bug has it said in words. */
  readonly said?: RegExp;
  /** How many are to be killed; none where something else shows it. */
  readonly kills: number;
  /** None where it is not said: a bug of the log shows without any. */
  readonly clients?: number;
}

/** The first places are those of servers. */
const servers = 2;
const ofClients = (found: readonly string[]) => found.filter((one) => /^[23]\/.* at /.test(one));
const atClients = (found: readonly string[]) => found.filter((one) => / at listener [23]$/.test(one));
/** Who asks for what is beyond the end is told that the log has less than that. */
const beyond = /^a gap at listener [23]: truncated$/;

const plants: Readonly<Record<Plant, Found>> = {
  // It is in no log, so that nobody has it.
  "acknowledge-before-commit": {
    sign: ({ lost }) => lost.filter((one) => /^[01]\//.test(one)),
    kills: 4,
  },
  // It is in the log, and the group keeps its place in another way.
  "cursor-before-handler": {
    sign: ({ lost }) => lost.filter((one) => one.includes(" at listener ")),
    kills: 6,
  },
  "off-by-one-at-the-tail": { sign: ({ lost }) => lost, kills: 2 },
  "unfenced-producer": {
    sign: ({ duplicated }) => duplicated.filter((one) => one.startsWith("numbered.")),
    kills: 0,
  },
  // Its client finds a log that knows of less than it was told, and says so.
  "appended-before-commit": {
    sign: ({ lost }) => ofClients(lost),
    said: /OutcomeUnknown/,
    kills: 4,
    clients: 2,
  },
  // Where nothing came meanwhile there is no next event to pass over, and it asks for what is beyond the end.
  "resume-off-by-one": {
    sign: ({ lost, unexpected }) => [...atClients(lost), ...unexpected.filter((one) => beyond.test(one))],
    said: beyond,
    kills: 3,
    clients: 2,
  },
  "session-reuse": {
    sign: ({ duplicated }) => ofClients(duplicated),
    said: /OutcomeUnknown/,
    kills: 3,
    clients: 2,
  },
  "missed-revocation": {
    sign: ({ unexpected }) => unexpected.filter((one) => one.endsWith(": it might not listen")),
    said: / listen$/,
    kills: 0,
    clients: 1,
  },
};

describe.skipIf(process.platform === "win32")("A run of killed processes", () => {
  it.each(Object.entries(plants) as [Plant, Found][])(
    "finds out a bug: %s",
    {
      timeout: 240_000,
    },
    async (plant, { sign, said, clients = 0, kills }) => {
      const kinds = shownBy[plant].map(chosenFor);
      const outcome = await runChaos({
        ...{ kills, servers, clients, kinds, seed, program, plant },
        patience: 4_000,
        limit: 60_000,
      });
      expect(outcome.missing, `CHAOS_SEED=${seed}`).toEqual([]);
      const found = sign(outcome);
      expect(found.length, `CHAOS_SEED=${seed}`).toBeGreaterThan(0);
      // What it leads to, and not that nothing works: of what was acknowledged, each listener and the group could lack each.
      expect(outcome.delivered).toBeGreaterThan(0);
      expect(found.length).toBeLessThan((servers + clients + 1) * outcome.acknowledged);
      expect(outcome.unexpected.filter((one) => !said?.test(one))).toEqual([]);
    },
  );
});
