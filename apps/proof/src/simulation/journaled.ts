import { decodeEntries, type Entry } from "../log/entries.js";
import { decodeFrames } from "../log/frames.js";
import type { Disk } from "./disk.js";

/** What is in the file of the log, read past the log. */
export interface Journaled {
  readonly length: number;
  readonly entries: readonly Entry[];
  /** The history that goes on. */
  readonly epoch: string;
}

export function journaled(disk: Disk): Journaled {
  const bytes = disk.read("journal");
  const entries = decodeFrames(bytes, 0).flatMap(({ payload }) => decodeEntries(payload));
  const begin = entries.findLast((entry) => entry.type === "epoch");
  return { length: bytes.length, entries, epoch: begin?.epoch ?? "" };
}
