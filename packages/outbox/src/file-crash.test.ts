import { setTimeout as sleep } from "node:timers/promises";
import type { OpenOutbox } from "@eventwire/core";
import { createFolder, type Mutation, ProgramRun } from "@eventwire/programs";
import { VirtualClock } from "@eventwire/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { entryOf, openAlone } from "../fixtures/opened.js";
import { makeProgram } from "../fixtures/programs.js";
import { file } from "./file.js";

const seed = Number(process.env.CRASH_SEED ?? 2026);

/** Kills a process that puts and lets go, again and again, and tells what is not as it was acknowledged. */
async function findings(kills: number, mutation?: Mutation): Promise<readonly string[]> {
  const chance = new VirtualClock({ seed });
  const upTo = (end: number) => Math.floor(chance.random() * end);
  const folder = createFolder();
  onTestFinished(() => folder.remove());
  const program = await makeProgram("putting", mutation);
  let producer: string | undefined;
  let kept = 0;
  let gone = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const run = new ProgramRun(process.execPath, program, folder.path, String(1 + upTo(6_000)));
    await run.said(upTo(60));
    await sleep(chance.random() * 4);
    await run.kill();
    kept = Math.max(kept, run.last("kept"));
    gone = Math.max(gone, run.last("gone"));

    const outbox = await openAlone(file(folder.path)).catch((error: Error) => error);
    if (outbox instanceof Error) return [`kill ${kill}: ${outbox.message}`];
    producer ??= outbox.producer;
    const found = [
      ...wrongIn(outbox, { kept, gone }),
      ...(outbox.producer === producer ? [] : ["it is another outbox"]),
    ];
    // One that is empty would be forgotten.
    if (outbox.entries.length === 0) await outbox.put([entryOf(outbox.state.first)]);
    await outbox.close();
    if (found.length > 0) return found.map((one) => `kill ${kill}: ${one}`);
  }
  return kept > kills ? [] : [`only ${kept} were kept`];
}

function wrongIn({ entries, state: { first } }: OpenOutbox, { kept, gone }: { kept: number; gone: number }) {
  const wrong: string[] = [];
  entries.forEach(({ time, id, body }, index) => {
    if (time !== first + index) wrong.push(`${time} is where ${first + index} should be`);
    if (id !== `id-${time}` || !/^\[?\d/.test(body)) wrong.push(`${time} is not what was put`);
  });
  if (first <= gone) wrong.push(`it begins with ${first}, but ${gone} was let go of`);
  if (first + entries.length <= kept)
    wrong.push(`it ends before ${first + entries.length}, but ${kept} was kept`);
  return wrong;
}

describe(`A process that is killed at any moment (seed ${seed})`, () => {
  it("has lost nothing that it has acknowledged, doubled nothing, and brought nothing back", async () => {
    expect(await findings(40)).toEqual([]);
  });

  const bugs = {
    "acknowledges what it has not written": {
      from: "await this.#storage.write(",
      to: "void this.#storage.write(",
    },
    "writes a file anew without its entries": {
      from: "return encodeFrame({ producer, state, entries });",
      to: "return encodeFrame({ producer, state, entries: [] });",
    },
    "writes a file anew with what it has let go of": {
      from: "this.#done < end",
      to: "this.#done < end - 1",
    },
  };
  // It ends at the first finding, and how soon that comes is up to when the kills fall.
  it.each(Object.entries(bugs))("is caught where it %s", { timeout: 120_000 }, async (_, mutation) => {
    expect(await findings(400, mutation)).not.toEqual([]);
  });
});
