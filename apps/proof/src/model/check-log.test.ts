import { memory } from "@eventwire/core/memory";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { plainHost } from "../../fixtures/plain-host.js";
import { type LogBug, logBugs, taskBugs } from "../log/bugs.js";
import { ReferenceBroker } from "../log/reference-broker.js";
import { checkLog, type ModelHarness } from "./check-log.js";

function inMemory(): ModelHarness {
  const runtime = new VirtualClock();
  const broker = memory({ runtime, dedupeWindow: Number.POSITIVE_INFINITY });
  return { create: () => broker, advance: (milliseconds) => runtime.advance(milliseconds) };
}

function reference(bug?: LogBug): ModelHarness {
  const runtime = new VirtualClock();
  const host = plainHost(() => runtime.monotonic());
  const bugs = new Set(bug ? [bug] : []);
  return {
    // Written anew again and again, as a log is that lives for long.
    create: () => new ReferenceBroker({ host, runtime, bugs, rewriteAfter: 500 }),
    advance: (milliseconds) => runtime.advance(milliseconds),
  };
}

describe("a log is what a list would be, whatever is done to it", () => {
  it.each([
    ["in memory", inMemory],
    ["the reference log", () => reference()],
  ])("%s", async (_, create) => {
    await checkLog(create);
  });
});

describe("a bug of the log is found", () => {
  // What only shows in crashes, and after a backup, is for the simulation to find.
  const hidden: readonly LogBug[] = [
    "acknowledged-before-commit",
    "never-synced",
    "epoch-unchanged",
    "written-in-two",
    // The model has none.
    ...taskBugs,
  ];
  const shown = logBugs.filter((bug) => !hidden.includes(bug));

  it.each(shown)("%s", async (bug) => {
    await expect(checkLog(() => reference(bug), { runs: 1_000, seed: 1 })).rejects.toThrow("Counterexample");
  });
});
