import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { makeActorProgram } from "../../fixtures/actor-program.js";
import { wrongs } from "./report.js";
import { runChaos } from "./run-chaos.js";

let program: URL;

beforeAll(async () => {
  program = await makeActorProgram();
});

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

// There are no pipes with names, nor SIGSTOP, on Windows.
describe.skipIf(process.platform === "win32")("A file that processes share", () => {
  it("loses, doubles and inverts nothing when processes on one file are killed fifty times", {
    timeout: 300_000,
  }, async () => {
    // A slow machine kills fewer in that time, and each kind of fault comes all the same.
    const outcome = await runChaos({ kills: 50, seed, program, limit: 90_000 });
    expect(wrongs(outcome), `CHAOS_SEED=${seed}`).toEqual([]);
    expect(outcome.missing).toEqual([]);
    expect(outcome.acknowledged).toBeGreaterThan(500);
  });

  it("ends, and says what never came, where processes do not do their part", {
    timeout: 120_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "eventwire-idle-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const idle = join(folder, "idle.mjs");
    writeFileSync(idle, idleProgram);
    const outcome = await runChaos({ kills: 1, seed, program: pathToFileURL(idle), limit: 1_500 });
    expect(outcome.missing).toContain("producer-replaced");
    expect(wrongs(outcome)).toEqual([]);
  });
});

/** A process that comes, rests and goes when it is told to, and otherwise does nothing. */
const idleProgram = `
import { appendFileSync } from "node:fs";
const { folder, pipe, place } = JSON.parse(process.argv[2]);
const say = (type) => appendFileSync(pipe, JSON.stringify([place, { type }]) + "\\n");
appendFileSync(folder + "/effects-" + place, "");
process.on("message", ({ type }) => {
  if (type === "rest") say("rested");
  if (type === "conclude") say("concluded");
  if (type === "close" || type === "drain") process.exit(0);
});
process.on("disconnect", () => process.exit(1));
say("ready");
`;
