import type { Entry } from "../log/entries.js";
import { decodeFrames } from "../log/frames.js";
import { startsWith } from "./starts-with.js";
import type { World } from "./world.js";

/** What is in the file of the log, read past the log. */
export interface Journaled {
  readonly bytes: Uint8Array;
  /** Where the last frame ends that is whole. */
  readonly end: number;
  readonly entries: readonly Entry[];
  /** The history that goes on. */
  readonly epoch: string;
}

/** @param before what was read before: of a file that goes on from it only the rest is read. */
export function journaled({ disk, reader }: World, before?: Journaled): Journaled {
  const bytes = disk.read("journal");
  const known = before && startsWith(bytes, before.bytes.subarray(0, before.end)) ? before : undefined;
  if (known?.bytes.length === bytes.length) return known;
  const start = known?.end ?? 0;
  const frames = decodeFrames(bytes.subarray(start), start);
  const more = frames.flatMap(({ payload }) => reader.read(payload));
  const begin = more.findLast((entry) => entry.type === "epoch");
  return {
    bytes,
    end: frames.at(-1)?.end ?? start,
    entries: known ? known.entries.concat(more) : more,
    epoch: begin?.epoch ?? known?.epoch ?? "",
  };
}
