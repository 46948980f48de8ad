import { type Key, shardOf } from "@eventwire/core";
import { isJournal, matches } from "@eventwire/core/attach";
import type { PackedPage } from "../messages.js";
import { Records } from "../records.js";
import { textOf } from "../thread/text.js";
import type { LogFile } from "./log-file.js";

/** What is looked for in a log. */
export interface Selection {
  /** Names and patterns. Default: all. */
  readonly names: readonly string[] | undefined;
  /** Of a text or a number. Default: all. */
  readonly key: string | undefined;
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. */
  readonly until: number;
}

/** An event, where it lies. */
export interface Entry {
  readonly offset: number;
  readonly name: string;
  /** It begins at `at`. */
  readonly records: Records;
  readonly at: number;
  /** What its offset counts from. */
  readonly base: number;
}

/** How much is read at once. */
const pageLimit = 1_000;
const pageBytes = 2 ** 20;

/** The names of a log that are selected; notes that groups make are none. */
export function namesIn({ db }: LogFile, patterns: readonly string[] | undefined): readonly string[] {
  return db
    .prepare<{ readonly name: Uint8Array }>("SELECT name FROM names ORDER BY name")
    .all()
    .map(({ name }) => textOf(name))
    .filter((name) => !isJournal(name) && (patterns?.some((pattern) => matches(pattern, name)) ?? true));
}

/**
 * Goes through what a log holds by now.
 *
 * @returns up to where it was looked through.
 * @throws when others have begun to use the file since it was opened; what came before is right.
 */
export function* entriesOf(file: LogFile, selection: Selection): Generator<Entry, number> {
  const { reader } = file;
  const names = namesIn(file, selection.names);
  const keys = selection.key === undefined ? undefined : keysOf(selection.key);
  const shards = keys?.map((key) => shardOf("", key));
  const texts = new Map<number, string>();
  let { after } = selection;
  let limit = pageLimit;
  while (after < selection.until) {
    let page: PackedPage;
    try {
      page = reader.read({ after, names, shards, limit, bytes: pageBytes });
    } catch (error) {
      if (limit === 1) throw error;
      // What comes before a damage is shown.
      limit = 1;
      continue;
    }
    if (file.isOutdated()) throw new Error(`"${file.path}" has changed while it was read.`);
    for (const [number, name] of page.names) texts.set(number, name);
    const records = new Records(page.records);
    let at = 0;
    for (const { base, end } of page.parts) {
      for (; at < end; at = records.next(at)) {
        const offset = base + records.delta(at);
        if (offset > selection.until) return selection.until;
        const key = records.key(at);
        if (keys && !keys.some((wanted) => wanted === key)) continue;
        yield { offset, name: texts.get(records.name(at)) ?? "", records, at, base };
      }
    }
    if (page.scanned <= after) break;
    after = page.scanned;
  }
  return after;
}

/** A text, and the number that is written so. */
function keysOf(key: string): readonly Key[] {
  return String(Number(key)) === key ? [key, Number(key)] : [key];
}
