import { judge, type Verdict } from "./claim.js";
import type { Task } from "./measure-apart.js";
import type { RowResult } from "./result.js";
import { median, spread } from "./sample.js";
import { type Found, figuresOf, ours, type Row, type Suite, type Versioned } from "./suite.js";

/** How a suite is run. */
export interface RunOptions {
  readonly full: boolean;
  readonly handicap: boolean;
  /** Peers that are left out. */
  readonly without: readonly string[];
  /** The only rows that are measured, of whatever suite; all when none is named. */
  readonly only?: readonly string[];
  /** Rounds that count, after one that warms up the machine. */
  readonly rounds: number;
  /** Measures one implementation for one row. */
  readonly measure: (task: Task) => Promise<Found>;
  /** Told before each round; round 0 is the warm-up. */
  readonly onRound?: (row: string, round: number) => void;
}

/** What came of a suite. */
export interface Outcome {
  readonly suite: string;
  readonly results: readonly RowResult[];
  readonly verdicts: readonly Verdict[];
}

/**
 * Measures every row in rounds. A round measures ours and each peer once, one after another, starting with another
 * one each time, so that a slow spell of the machine falls on all of them.
 */
export async function runSuite(suite: Suite<Versioned>, options: RunOptions): Promise<Outcome> {
  const peers = Object.keys(suite.peers).filter((name) => !options.without.includes(name));
  const { full, only = [] } = options;
  const isWanted = (name: string) => only.length === 0 || only.includes(name);
  const results: RowResult[] = [];
  for (const row of suite.rows) {
    const wanted = figuresOf(row).filter(({ name }) => isWanted(name));
    if (wanted.length === 0 || (row.full && !full && only.length === 0)) continue;
    const having = (those: readonly string[] = peers) => peers.filter((peer) => those.includes(peer));
    const samples = await measureInRounds(suite.name, row, [ours, ...having(row.peers)], options);
    for (const { name, unit, better, peers: those = row.peers } of wanted) {
      const own = samples(name);
      const each = (figure: (samples: readonly number[]) => number) =>
        Object.fromEntries(having(those).map((peer) => [peer, figure(own[peer]!)]));
      results.push({
        suite: suite.name,
        name,
        unit,
        better,
        ours: median(own[ours]!),
        peers: each(median),
        spread: spread(own[ours]!),
        peerSpreads: each(spread),
      });
    }
  }
  return { suite: suite.name, results, verdicts: judge(suite.claims, results) };
}

/** @returns the samples of each implementation, by a figure's name. */
async function measureInRounds(
  suite: string,
  { name: row }: Row<Versioned>,
  implementations: readonly string[],
  { rounds, handicap, measure, onRound }: RunOptions,
): Promise<(figure: string) => Record<string, number[]>> {
  const found: Record<string, Found[]> = Object.fromEntries(implementations.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    onRound?.(row, round);
    for (let turn = 0; turn < implementations.length; turn++) {
      const implementation = implementations[(round + turn) % implementations.length]!;
      const one = await measure({ suite, row, implementation, handicap }).catch((cause: Error) => {
        throw new Error(`${suite} · ${row} · ${implementation}: ${cause.message}`, { cause });
      });
      if (round > 0) found[implementation]!.push(one);
    }
  }
  return (figure) =>
    Object.fromEntries(
      implementations.map((name) => [
        name,
        found[name]!.map((one) => (typeof one === "number" ? one : one[figure]!)),
      ]),
    );
}
