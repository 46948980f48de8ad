import { setImmediate as turn } from "node:timers/promises";
import { decodeState, decodeWhole, matches, type TenureState } from "@eventwire/core/attach";
import { textOf } from "../thread/text.js";
import { shown } from "./event-line.js";
import { entriesOf, type Selection } from "./log-entries.js";
import type { LogFile } from "./log-file.js";

/** After how many events signals are looked for. */
const stride = 10_000;

interface NameCount {
  readonly name: string;
  events: number;
  /** Of their bodies. */
  bytes: number;
  /** When the first and the last of them were emitted, in milliseconds since the Unix epoch. */
  first: number;
  last: number;
}

/** How far a group is with what it listens to. */
interface GroupLag {
  readonly group: string;
  readonly pattern: string;
  /** How many shards somebody has, or had. */
  shards: number;
  /** How many of the events that were counted are not done. */
  lag: number;
}

export interface LogStatistics {
  readonly file: string;
  readonly version: number;
  readonly epoch: string;
  readonly head: number;
  readonly trimmed: number;
  readonly names: readonly NameCount[];
  readonly groups: readonly GroupLag[];
  /** Cursors that are of no group, or cannot be read as one's. */
  readonly cursors: readonly string[];
}

interface Shard {
  readonly position: number;
  readonly done: ReadonlySet<number>;
}

/** A shard of a group and pattern, or all of them while one member holds them; one without either is the roster of their members. */
const groupCursor = /^group\/(?<group>[^/]+)\/(?<pattern>.+?)(?:\/(?<shard>\d+|all))?$/;

/** @throws the signal's reason. */
export async function statisticsOf(
  file: LogFile,
  selection: Selection,
  signal: AbortSignal,
): Promise<LogStatistics> {
  const names = new Map<string, NameCount>();
  const { groups, cursors } = cursorsOf(file);
  let counted = 0;
  for (const { name, records, at, offset } of entriesOf(file, selection)) {
    const time = records.time(at);
    if (++counted % stride === 0) {
      await turn();
      signal.throwIfAborted();
    }
    let count = names.get(name);
    if (!count) {
      count = { name, events: 0, bytes: 0, first: time, last: time };
      names.set(name, count);
    }
    count.events += 1;
    count.bytes += records.bodyBytes(at);
    count.first = Math.min(count.first, time);
    count.last = Math.max(count.last, time);
    for (const { lag, shards } of groups) {
      const shard = matches(lag.pattern, name) ? shards.get(records.shard(at)) : undefined;
      if (shard && offset > shard.position && !shard.done.has(offset)) lag.lag += 1;
    }
  }
  const { head, trimmed } = file.reader.state();
  return {
    file: file.path,
    version: file.version,
    epoch: file.epoch,
    head,
    trimmed,
    names: [...names.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
    groups: groups.map(({ lag }) => lag),
    cursors,
  };
}

function cursorsOf({ db, epoch }: LogFile) {
  const rows = db
    .prepare<{ readonly name: Uint8Array; readonly state: Uint8Array | null }>(
      "SELECT name, state FROM cursors ORDER BY name",
    )
    .all();
  const groups = new Map<string, { readonly lag: GroupLag; readonly shards: Map<number, Shard> }>();
  const cursors: string[] = [];
  for (const { name: bytes, state: stored } of rows) {
    const name = textOf(bytes);
    const { group, pattern, shard } = groupCursor.exec(name)?.groups ?? {};
    if (group === undefined || pattern === undefined) {
      cursors.push(name);
      continue;
    }
    if (shard === undefined || !stored) continue;
    const states = statesOf(shard, stored);
    if (!states) {
      cursors.push(name);
      continue;
    }
    const key = `${group}/${pattern}`;
    const known = groups.get(key) ?? { lag: { group, pattern, shards: 0, lag: 0 }, shards: new Map() };
    groups.set(key, known);
    for (const [number, state] of states) {
      // Of another history nothing is done.
      const position = state.epoch === epoch ? state.position : 0;
      known.shards.set(number, { position, done: new Set(state.epoch === epoch ? state.done : []) });
    }
    known.lag.shards = known.shards.size;
  }
  return { groups: [...groups.values()], cursors };
}

/** What a cursor says of each shard that it keeps; nothing where it says nothing that can be understood. */
function statesOf(
  shard: string,
  stored: Uint8Array,
): readonly (readonly [number, TenureState])[] | undefined {
  try {
    return shard === "all"
      ? [...decodeWhole(stored).shards.entries()]
      : [[Number(shard), decodeState(stored)]];
  } catch {
    return undefined;
  }
}

/** For people. */
export function tablesOf(statistics: LogStatistics): readonly string[] {
  const { file, version, epoch, head, trimmed, names, groups, cursors } = statistics;
  const events = names.reduce((sum, { events }) => sum + events, 0);
  const bytes = names.reduce((sum, { bytes }) => sum + bytes, 0);
  const lines = [
    `${shown(file)}: version ${version}, epoch ${shown(epoch)}`,
    `${events} events, ${bytes} bytes, up to offset ${head}${trimmed > 0 ? `, trimmed up to ${trimmed}` : ""}`,
  ];
  if (names.length > 0) {
    const rows = names.map(({ name, events, bytes, first, last }) => [
      name,
      events,
      bytes,
      iso(first),
      iso(last),
    ]);
    lines.push("", ...table(["name", "events", "bytes", "first", "last"], rows));
  }
  if (groups.length > 0) {
    const rows = groups.map(({ group, pattern, shards, lag }) => [group, pattern, shards, lag]);
    lines.push("", ...table(["group", "listens to", "shards", "lag"], rows));
  }
  if (cursors.length > 0)
    lines.push(
      "",
      ...table(
        ["cursor"],
        cursors.map((name) => [name]),
      ),
    );
  return lines;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const texts = [head, ...rows].map((row) => row.map((cell) => shown(String(cell))));
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]!.length)));
  return texts.map((row) =>
    row
      .map((cell, column) =>
        typeof rows[0]?.[column] === "number" ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd(),
  );
}

function iso(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
