import { decodeEntries, type Entry } from "../log/entries.js";
import { decodeFrames } from "../log/frames.js";
import type { World } from "./world.js";

/** What is in the file of the log, read past the log. */
export interface Journaled {
  readonly generation: number;
  readonly length: number;
  readonly entries: readonly Entry[];
  /** The history that goes on. */
  readonly epoch: string;
}

/** @param before what was read before, which is read again only where the file is another. */
export function journaled({ disk, mark }: World, before?: Journaled): Journaled {
  const bytes = disk.read("journal");
  const { generation } = mark("journal");
  if (before?.generation === generation && before.length === bytes.length) return before;
  const entries = decodeFrames(bytes, 0).flatMap(({ payload }) => decodeEntries(payload));
  const begin = entries.findLast((entry) => entry.type === "epoch");
  return { generation, length: bytes.length, entries, epoch: begin?.epoch ?? "" };
}
