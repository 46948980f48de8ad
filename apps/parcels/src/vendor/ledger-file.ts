import { existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type { LedgerLines } from "./ledger.js";

/** A vendor's book in a file: what is written outlives the process, however that ends. */
export function ledgerFile(path: string): LedgerLines {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const file = openSync(path, "a");
  // A line that was cut short ends here, so that the next one can be read.
  if (lines.at(-1)) writeSync(file, "\n");
  return { lines, write: (line) => void writeSync(file, `${line}\n`) };
}
