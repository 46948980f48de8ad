import type { Verdict } from "./claim.js";
import { bestPeer } from "./figures.js";
import type { RowResult } from "./result.js";
import type { Outcome } from "./run-suite.js";
import { ours } from "./suite.js";

/** The report of a suite as text: a line a row, a column an implementation, then what became of the claims. */
export function outcomeLines({ suite, results, verdicts }: Outcome): string[] {
  const peers = [...new Set(results.flatMap((row) => Object.keys(row.peers)))];
  const cells = [
    [suite, "better", ours, ...peers, `${ours} to best peer`],
    ...results.map((row) => [
      `${row.name} (${row.unit})`,
      row.better,
      cell(row.ours, row.spread),
      ...peers.map((peer) => cell(row.peers[peer], row.peerSpreads[peer])),
      ratioToBest(row),
    ]),
  ];
  return [...alignColumns(cells), "", ...verdicts.map(verdictLine)];
}

function cell(figure: number | undefined, spread: number | undefined): string {
  return figure === undefined ? "-" : `${number(figure)} ±${Math.round(((spread ?? 0) * 100) / 2)}%`;
}

function number(figure: number): string {
  if (figure >= 100) return Math.round(figure).toLocaleString("en");
  return figure < 1 ? figure.toPrecision(2) : figure.toFixed(1);
}

function ratioToBest(result: RowResult): string {
  const best = bestPeer(result);
  return best === undefined ? "no peer" : `${(result.ours / best.figure).toFixed(2)}x ${best.name}`;
}

function verdictLine(verdict: Verdict): string {
  const { claim, outcome } = verdict;
  const subject = `${claim.kind} ${outcome.toUpperCase()}: ${claim.row}: ${claim.says}`;
  if (verdict.outcome === "not judged") return `${subject} (a peer was left out)`;
  const { result, bound } = verdict;
  const limit = `the bound, ${result.better === "lower" ? "at most" : "at least"} ${number(bound)} ${result.unit}`;
  return `${subject} (${number(result.ours)} ${result.unit} is ${(result.ours / bound).toFixed(2)}x ${limit})`;
}

function alignColumns(cells: readonly (readonly string[])[]): string[] {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells.map((line) =>
    line
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join("  "),
  );
}
