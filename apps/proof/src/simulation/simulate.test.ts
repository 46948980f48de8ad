import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { makeSeedsProgram } from "../../fixtures/seeds-program.js";
import { wrongs } from "../command/report.js";
import { type Bug, bugs } from "./bugs.js";
import { type Simulated, simulate } from "./simulate.js";

/** How each planted bug shows, and where it is looked for: in so few seeds from one on, shortly before one that finds it. */
interface Sign {
  readonly shows: RegExp;
  readonly from: number;
  readonly within: number;
}

const signs: Readonly<Record<Bug, Sign>> = {
  "acknowledged-before-commit": { shows: /^lost: /, from: 0, within: 20 },
  "never-synced": { shows: /^lost: /, from: 7, within: 20 },
  "page-off-by-one": { shows: /^lost: /, from: 4, within: 20 },
  "producer-not-fenced": { shows: /^lost: outbox-/, from: 5, within: 20 },
  "cursor-not-fenced": { shows: /was saved by who had lost it/, from: 34, within: 20 },
  "epoch-unchanged": { shows: /^lost: /, from: 0, within: 20 },
  "gap-not-told": { shows: /^lost: /, from: 0, within: 20 },
  "repetition-not-known": { shows: /^duplicated: /, from: 0, within: 20 },
  "written-in-two": { shows: /^lost: .* at derived$/, from: 1, within: 20 },
  "enqueued-before-commit": { shows: /^lost: task .* it is not there$/, from: 260, within: 1 },
  "settled-without-fence": { shows: /^(duplicated|unexpected): task .*done/, from: 260, within: 1 },
  "token-not-checked": { shows: /: fenced: /, from: 295, within: 1 },
  "keys-at-once": { shows: /: at once: /, from: 4, within: 1 },
  "ended-in-two": { shows: /^lost: task .* it is claimed/, from: 428, within: 1 },
  "after-not-waited-for": { shows: /: before what it comes after: /, from: 4, within: 1 },
  "attempt-not-counted": { shows: /: attempts: /, from: 4, within: 1 },
  "result-not-kept": { shows: /: gave undefined, and /, from: 4, within: 1 },
  "offset-before-effect": { shows: /^lost: .* at projection-/, from: 0, within: 20 },
  "snapshot-ahead": { shows: /has of . what no fold gives$/, from: 3, within: 20 },
  "asks-one-further": { shows: /^lost: .* at c\d/, from: 22, within: 20 },
  "begins-one-further": { shows: /^lost: .* at c\d/, from: 2, within: 20 },
  "appended-before-log": { shows: /^lost: c\d/, from: 72, within: 20 },
  "done-before-work": { shows: /^lost: .* at billing$/, from: 9, within: 20 },
  "session-of-another": { shows: /came to a server as an event of/, from: 10, within: 20 },
  "revocation-missed": { shows: /which it may not have$|who may not/, from: 24, within: 20 },
};

describe("a seed", () => {
  it("comes out the same each time, step by step", async () => {
    // The first without clients, the others with some.
    for (const seed of [1, 2, 10]) {
      const [once, again] = [await simulate(seed), await simulate(seed)];
      expect(again, `seed ${seed}`).toEqual(once);
    }
  });

  it("comes out the same as the first that a thread runs, when all is yet to be loaded, and as a later one", async () => {
    const worker = new Worker(await makeSeedsProgram());
    const run = async (seed: number): Promise<Simulated> => {
      worker.postMessage(seed);
      const [one] = await once(worker, "message");
      return one;
    };
    const first = await run(2);
    const later = await run(2);
    await worker.terminate();
    expect(later).toEqual(first);
  });

  it("comes out as no other does", async () => {
    expect((await simulate(1)).trace).not.toBe((await simulate(2)).trace);
  });

  it("loses nothing, nor doubles or turns around anything, and says all that happened", async () => {
    const lines: string[] = [];
    const one = await simulate(8, { tell: (line) => lines.push(line) });
    expect(wrongs(one)).toEqual([]);
    expect(one.acknowledged).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(one.acknowledged);
  });
});

describe("a planted bug is found", () => {
  it.each(bugs)("%s", { timeout: 120_000 }, async (bug) => {
    const { shows, from, within } = signs[bug];
    const found: string[] = [];
    for (let seed = from; seed < from + within && !found.some((wrong) => shows.test(wrong)); seed++) {
      found.push(...wrongs(await simulate(seed, { bugs: new Set([bug]) })));
    }
    // Found for what it does, and not for anything that falls.
    expect(
      found.some((wrong) => shows.test(wrong)),
      `within ${within} seeds from ${from} on: ${found[0]}`,
    ).toBe(true);
    expect(found.filter((wrong) => wrong.includes("uncaught"))).toEqual([]);
  });
});
