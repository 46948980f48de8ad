import type { Append, LogRecord } from "../broker.js";
import type { Key } from "../key.js";
import { shardOf } from "../shard.js";

/**
 * Where a group writes down which events are dead, and which of them are to be done again: events of a name of its own, which
 * no contract can have, in the log that holds all others. So they are kept as well and as long as those, on any broker.
 */
const prefix = "@group/";

export interface JournalEntry {
  readonly type: "dead" | "redriven";
  /** What the group listens to. */
  readonly pattern: string;
  /** The event, as the log keeps it. */
  readonly id: string;
  readonly name: string;
  readonly key?: Key | undefined;
  readonly time: number;
  readonly offset: number;
  readonly attempts: number;
  readonly reason: string;
  readonly diedAt: number;
  /** Whether its data could be read, and was what its schema takes. */
  readonly valid: boolean;
  /** The offset of the entry that said it was dead, of one that is redriven. */
  readonly letter?: number;
}

export interface JournalRecord {
  readonly entry: JournalEntry;
  /** The event's; empty where it did not fit. */
  readonly body: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const newline = 10;

export function journalOf(group: string): string {
  return prefix + group;
}

export function isJournal(name: string): boolean {
  return name.startsWith(prefix);
}

/** Entries are in the shard of their event, so that who holds it reads them. */
export function journalAppend(
  group: string,
  entry: JournalEntry,
  body: Uint8Array,
  maxBytes: number,
): Append {
  const { type, pattern, name, key, letter, offset, diedAt } = entry;
  const head = encoder.encode(`${JSON.stringify(entry)}\n`);
  const bytes = new Uint8Array(head.length + (head.length + body.length <= maxBytes ? body.length : 0));
  bytes.set(head);
  if (bytes.length > head.length) bytes.set(body, head.length);
  return {
    // The same for a repetition, so that the log knows it.
    id: `${type}/${group}/${pattern}/${letter ?? offset}`,
    name: journalOf(group),
    key,
    shard: shardOf(name, key),
    about: name,
    time: diedAt,
    body: bytes,
  };
}

/** @throws {SyntaxError | TypeError} when it is none. */
export function decodeJournal({ body }: Pick<LogRecord, "body">): JournalRecord {
  const end = body.indexOf(newline);
  if (end < 0) throw new SyntaxError("An entry of a group's journal must have a line of its own.");
  const entry = JSON.parse(decoder.decode(body.subarray(0, end))) as JournalEntry;
  return { entry, body: body.subarray(end + 1) };
}
