import type { OutboxEntry } from "@eventwire/core";

/** A part of an entry in the database, at the entry's place in its outbox. */
export interface EntryRow {
  readonly producer: string;
  readonly position: number;
  /** From 0. */
  readonly part: number;
  /** What else an entry has; with its first part. */
  readonly about: Omit<OutboxEntry, "body"> | undefined;
  readonly body: string;
}

/**
 * How much of a body is in a row, in UTF-16 units. A value of more than 64 kB Chromium keeps apart from its row, and in a private window
 * only for as long as the page that wrote it is there.
 */
const partLength = 30_000;

/** The rows that an entry takes. */
export function rowsOf(
  producer: string,
  position: number,
  { body, ...about }: OutboxEntry,
): readonly EntryRow[] {
  const rows: EntryRow[] = [{ producer, position, part: 0, about, body: body.slice(0, partLength) }];
  for (let at = partLength; at < body.length; at += partLength) {
    const part = body.slice(at, at + partLength);
    rows.push({ producer, position, part: rows.length, about: undefined, body: part });
  }
  return rows;
}

/** The entries that rows hold, in their order. */
export function entriesOf(rows: readonly EntryRow[]): readonly OutboxEntry[] {
  const entries: OutboxEntry[] = [];
  let bodies: string[] = [];
  rows.forEach(({ body }, index) => {
    bodies.push(body);
    if (rows[index + 1] && !rows[index + 1]!.about) return;
    const { id, name, time } = rows[index + 1 - bodies.length]!.about!;
    entries.push({ id, name, time, body: bodies.join("") });
    bodies = [];
  });
  return entries;
}
