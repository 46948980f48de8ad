import type { Key, Producer } from "@eventwire/core";
import { readTask, type TaskEntry, type WrittenTaskEntry, writtenTask } from "./task-entries.js";
import { toBytes, toText } from "./text.js";

/** What a journal says, in the order in which it happened. */
export type Entry =
  /** The history from here on; what was read before may be another's. */
  | { readonly type: "epoch"; readonly epoch: string }
  | EventEntry
  /** Events are let go; where that is a gap, who has not read them is told. */
  | { readonly type: "gone"; readonly offsets: readonly number[]; readonly gap: boolean }
  /** How far a producer is, and what it was before is fenced. */
  | { readonly type: "producer"; readonly producer: Producer; readonly at: number }
  | CursorEntry
  | WriteEntry
  | TaskEntry;

export interface EventEntry {
  readonly type: "event";
  readonly offset: number;
  readonly id: string;
  readonly name: string;
  readonly key?: Key | undefined;
  readonly shard: number;
  readonly time: number;
  readonly body: Uint8Array;
  readonly producer?: Producer | undefined;
  /** When it was appended: in milliseconds since the Unix epoch, and by the uptime of which start of the machine. */
  readonly appendedAt: number;
  readonly boot: string;
  readonly uptime: number;
  /** Of a note: the name of the event that it is about. */
  readonly about?: string | undefined;
  /** How the log has let it go: what is left says that there was one. */
  readonly gone?: "trimmed" | "dropped" | undefined;
}

export interface CursorEntry {
  readonly type: "cursor";
  readonly cursor: string;
  /** `undefined` when nobody holds it. */
  readonly owner?: string | undefined;
  readonly token: number;
  /** Until when it is held, by the uptime of that start of the machine: who held it before that has ended with it. */
  readonly boot: string;
  readonly until: number;
  readonly state?: Uint8Array | undefined;
}

/** That a transaction was written, so that it is known when it is repeated. */
export interface WriteEntry {
  readonly type: "write";
  readonly id: string;
  readonly boot: string;
  readonly uptime: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** As JSON text, with bytes in base64: what is written can be read by eye. */
export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  const texts = entries.map((entry) => {
    if (entry.type === "event") return { ...entry, body: toText(entry.body) };
    if (entry.type === "cursor") return { ...entry, state: entry.state && toText(entry.state) };
    if (entry.type === "task") return writtenTask(entry);
    return entry;
  });
  return encoder.encode(JSON.stringify(texts));
}

/** What `encodeEntries` made; its checksum has been looked at before. */
export function decodeEntries(payload: Uint8Array): readonly Entry[] {
  const texts = JSON.parse(decoder.decode(payload)) as readonly Written[];
  return texts.map(read);
}

/** What was just parsed is nobody else's: to change it where it is costs much less than a copy. */
function read(entry: Written): Entry {
  if (entry.type === "task") return readTask(entry);
  if (entry.type === "event") (entry as { body: string | Uint8Array }).body = toBytes(entry.body);
  if (entry.type === "cursor" && entry.state !== undefined) {
    (entry as { state: string | Uint8Array }).state = toBytes(entry.state);
  }
  return entry as Entry;
}

type Written =
  | Exclude<Entry, EventEntry | CursorEntry | TaskEntry>
  | (Omit<EventEntry, "body"> & { readonly body: string })
  | (Omit<CursorEntry, "state"> & { readonly state?: string })
  | WrittenTaskEntry;
