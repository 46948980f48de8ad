import { OverflowError, type Runtime } from "@eventwire/queue";
import type { Place } from "../backing/place.js";
import { inSlices } from "../backing/slices.js";
import { decodeJson, encodeJson } from "../json.js";
import { isKey, type Key } from "../key.js";

/** What a projection saves: which events it is of, how far it has folded them, and what came of it. */
export interface Snapshot {
  readonly names: readonly string[];
  readonly place: Place;
  readonly entries: readonly (readonly [key: Key, state: unknown])[];
}

type Header = Omit<Snapshot, "entries">;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const newline = 10;

/**
 * As lines of JSON text: a header, then an entry each, so that the event loop breathes in between.
 *
 * @param limit in bytes.
 * @throws {InvalidError} when a state cannot be encoded.
 * @throws {OverflowError} when it is more than the limit.
 */
export async function encodeSnapshot(
  runtime: Runtime,
  projection: string,
  { entries, ...header }: Snapshot,
  limit: number,
): Promise<Uint8Array> {
  const lines = [encoder.encode(`${JSON.stringify(header)}\n`)];
  let size = lines[0]!.length;
  await inSlices(runtime, entries, (entry) => {
    const line = encoder.encode(`${encodeJson(entry, projection, 1)}\n`);
    size += line.length;
    lines.push(line);
    return size <= limit;
  });
  if (size > limit) {
    const words = `The state of projection "${projection}" takes more than ${limit} bytes, which is all that the broker takes`;
    throw new OverflowError(`${words}: it is not saved, and begins at the start of the log each time.`, {
      name: projection,
    });
  }
  const bytes = new Uint8Array(size);
  let end = 0;
  for (const line of lines) {
    bytes.set(line, end);
    end += line.length;
  }
  return bytes;
}

/** @throws {SyntaxError | TypeError} when it is none that `encodeSnapshot` made. */
export function headerOf(bytes: Uint8Array): Header {
  const end = bytes.indexOf(newline);
  if (end < 0) throw new SyntaxError("A snapshot must have a header.");
  return JSON.parse(decoder.decode(bytes.subarray(0, end))) as Header;
}

/** Rejects as `headerOf` throws. */
export async function decodeSnapshot(runtime: Runtime, bytes: Uint8Array): Promise<Snapshot> {
  const header = headerOf(bytes);
  const [, ...lines] = decoder.decode(bytes).split("\n");
  if (lines.pop() !== "") throw new SyntaxError("A snapshot must end with its last line.");
  const entries: [Key, unknown][] = [];
  await inSlices(runtime, lines, (line) => {
    const entry = decodeJson(line, 1);
    if (!Array.isArray(entry) || !isKey(entry[0]))
      throw new SyntaxError("A snapshot's entry must have a key.");
    entries.push([entry[0], entry[1]]);
    return true;
  });
  return { ...header, entries };
}
