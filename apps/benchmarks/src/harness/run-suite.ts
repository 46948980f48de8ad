import { judge, type Verdict } from "./claim.js";
import type { Task } from "./measure-apart.js";
import type { RowResult } from "./result.js";
import { median, spread } from "./sample.js";
import { ours, type Suite, type Versioned } from "./suite.js";

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
  readonly measure: (task: Task) => Promise<number>;
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
  const rows = suite.rows.filter((row) => (only.length > 0 ? only.includes(row.name) : full || !row.full));
  const results: RowResult[] = [];
  for (const { name: row, unit, better, peers: having = peers } of rows) {
    const beside = peers.filter((peer) => having.includes(peer));
    const samples = await measureInRounds(suite.name, row, [ours, ...beside], options);
    const each = (figure: (samples: readonly number[]) => number) =>
      Object.fromEntries(beside.map((peer) => [peer, figure(samples[peer]!)]));
    results.push({
      suite: suite.name,
      name: row,
      unit,
      better,
      ours: median(samples[ours]!),
      peers: each(median),
      spread: spread(samples[ours]!),
      peerSpreads: each(spread),
    });
  }
  return { suite: suite.name, results, verdicts: judge(suite.claims, results) };
}

async function measureInRounds(
  suite: string,
  row: string,
  implementations: readonly string[],
  { rounds, handicap, measure, onRound }: RunOptions,
): Promise<Record<string, number[]>> {
  const samples: Record<string, number[]> = Object.fromEntries(implementations.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    onRound?.(row, round);
    for (let turn = 0; turn < implementations.length; turn++) {
      const implementation = implementations[(round + turn) % implementations.length]!;
      const figure = await measure({ suite, row, implementation, handicap }).catch((cause: Error) => {
        throw new Error(`${suite} · ${row} · ${implementation}: ${cause.message}`, { cause });
      });
      if (round > 0) samples[implementation]!.push(figure);
    }
  }
  return samples;
}
