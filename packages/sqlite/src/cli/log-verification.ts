import { setImmediate as turn } from "node:timers/promises";
import { describe } from "@eventwire/core/attach";
import { rollBack } from "../thread/database.js";
import { eventFlaws, structureFlaws } from "../thread/verify.js";
import { shown } from "./event-line.js";
import type { LogFile } from "./log-file.js";

/** After how many rows signals are looked for. */
const stride = 256;

export interface LogVerification {
  readonly file: string;
  readonly epoch: string;
  /** How many there are; unknown where they cannot be read to the end. */
  readonly events: number | undefined;
  readonly rows: number | undefined;
  /** What is wrong, in words; empty where nothing is. */
  readonly flaws: readonly string[];
}

/**
 * Reads everything in a file as it is at one moment.
 *
 * @throws the signal's reason.
 */
export async function verificationOf(
  { path, epoch, db }: LogFile,
  signal: AbortSignal,
): Promise<LogVerification> {
  const flaws: string[] = [];
  db.exec("BEGIN");
  try {
    flaws.push(...structureFlaws(db, "integrity_check"));
    const looking = eventFlaws(db);
    for (let looked = 1; ; looked++) {
      const { done, value } = looking.next();
      if (done) return { file: path, epoch, ...value, flaws };
      if (value !== undefined) flaws.push(value);
      if (looked % stride === 0) await turn();
      if (signal.aborted) break;
    }
  } catch (error) {
    // What lies behind it cannot be read.
    flaws.push(describe(error));
  } finally {
    rollBack(db);
  }
  signal.throwIfAborted();
  return { file: path, epoch, events: undefined, rows: undefined, flaws };
}

/** For people. */
export function linesOf({ file, epoch, events, rows, flaws }: LogVerification): readonly string[] {
  const damages = flaws.map((flaw) => `damaged: ${shown(flaw)}`);
  const read = rows === undefined ? "not read to its end" : `${events} events in ${rows} rows`;
  const end = flaws.length === 0 ? "nothing is damaged" : "restore a backup";
  return [...damages, `${shown(file)}: epoch ${shown(epoch)}, ${read}; ${end}`];
}
