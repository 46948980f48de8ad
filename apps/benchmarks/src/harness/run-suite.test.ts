import { expect, it } from "vitest";
import type { Task } from "./measure-apart.js";
import { type RunOptions, runSuite } from "./run-suite.js";
import { ours, type Suite, type Versioned } from "./suite.js";
import { outcomeLines } from "./table.js";

const load = async () => ({ version: "1.0.0" });
const suite: Suite<Versioned> = {
  name: "sort",
  ours: load,
  peers: { quick: load, bubble: load },
  rows: [
    { name: "a thousand", unit: "ns", better: "lower", measure: async () => 1 },
    { name: "a million", unit: "ns", better: "lower", full: true, measure: async () => 1 },
  ],
  claims: [
    {
      kind: "promise",
      row: "a thousand",
      says: "no slower than quick",
      bound: (figures) => figures.peer("a thousand", "quick"),
    },
  ],
  handicap: (implementation) => implementation,
};

function run(options: Partial<RunOptions> & Pick<RunOptions, "measure">) {
  return runSuite(suite, { full: false, handicap: false, without: [], rounds: 5, ...options });
}

it("measures every implementation once a round, each round starting with another", async () => {
  const order: string[] = [];
  const measure = async ({ implementation }: Task) => {
    order.push(implementation);
    return 1;
  };
  await run({ rounds: 2, measure });
  expect(order).toEqual([ours, "quick", "bubble", "quick", "bubble", ours, "bubble", ours, "quick"]);
});

it("reports the median and the spread of the rounds after the warm-up", async () => {
  const figures = [1_000, 10, 11, 9, 12, 30];
  let round = -1;
  const { results } = await run({
    measure: async ({ implementation }) => (implementation === ours ? figures[round]! : 7),
    onRound: (_, number) => {
      round = number;
    },
  });
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({ ours: 11, peers: { quick: 7, bubble: 7 }, spread: 21 / 11 });
});

it("measures ours alone where no peer has what is measured", async () => {
  const measured: string[] = [];
  const alone = { ...suite, rows: [{ ...suite.rows[0]!, peers: [] }], claims: [] };
  const outcome = await runSuite(alone, {
    full: false,
    handicap: false,
    without: [],
    rounds: 1,
    measure: async ({ implementation }) => measured.push(implementation),
  });
  expect(new Set(measured)).toEqual(new Set([ours]));
  expect(outcome.results[0]?.peers).toEqual({});
  expect(outcomeLines(outcome).join("\n")).toContain("no peer");
});

it("adds the rows of scaling when asked for", async () => {
  const { results } = await run({ full: true, measure: async () => 1 });
  expect(results.map(({ name }) => name)).toEqual(["a thousand", "a million"]);
});

it("measures the peers that have what is measured", async () => {
  const measured = new Set<string>();
  const some = { ...suite, rows: [{ ...suite.rows[0]!, peers: ["bubble"] }] };
  const { verdicts } = await runSuite(some, {
    full: false,
    handicap: false,
    without: [],
    rounds: 1,
    measure: async ({ implementation }) => measured.add(implementation).size,
  });
  expect(measured).toEqual(new Set([ours, "bubble"]));
  expect(verdicts).toMatchObject([{ outcome: "not judged" }]);
});

it("takes several figures from one measurement", async () => {
  const also = [{ name: "its memory", unit: "kB", better: "lower" as const, peers: ["quick"] }];
  const both = { ...suite, rows: [{ ...suite.rows[0]!, also }] };
  let count = 0;
  const measure = async () => {
    count += 1;
    return { "a thousand": count, "its memory": 10 * count };
  };
  const options = { full: false, handicap: false, without: [], rounds: 1, measure };
  const { results } = await runSuite(both, options);
  expect(count).toBe(6);
  expect(results).toMatchObject([
    { name: "a thousand", ours: 6, peers: { quick: 4, bubble: 5 } },
    { name: "its memory", ours: 60, peers: { quick: 40 } },
  ]);
  expect(Object.keys(results[1]!.peers)).toEqual(["quick"]);
  const { results: named } = await runSuite(both, { ...options, only: ["its memory"] });
  expect(named.map(({ name }) => name)).toEqual(["its memory"]);
});

it("measures the named rows alone", async () => {
  const { results } = await run({ only: ["a million"], measure: async () => 1 });
  expect(results.map(({ name }) => name)).toEqual(["a million"]);
});

it("leaves out a peer, and does not judge by it", async () => {
  const { results, verdicts } = await run({ without: ["quick"], measure: async () => 1 });
  expect(results[0]?.peers).toEqual({ bubble: 1 });
  expect(verdicts).toMatchObject([{ outcome: "not judged" }]);
});

it("fails when a measurement fails, since a lost message is no figure", async () => {
  const measure = async ({ implementation }: Task) => {
    if (implementation === "bubble") throw new Error("Listener 3 received 4 points where 5 were due.");
    return 1;
  };
  await expect(run({ measure })).rejects.toThrow(
    "sort · a thousand · bubble: Listener 3 received 4 points where 5 were due.",
  );
});

it("prints a broken promise as broken, with what it is short of", async () => {
  const measure = async ({ implementation }: Task) => (implementation === ours ? 20 : 10);
  const text = outcomeLines(await run({ measure })).join("\n");
  expect(text).toContain(
    "promise BROKEN: a thousand: no slower than quick (20.0 ns is 2.00x the bound, at most 10.0 ns)",
  );
  expect(text).toContain("2.00x quick");
});
