import { parseArgs } from "node:util";
import { placeOf } from "@eventwire/core/attach";
import type { LogFile } from "./log-file.js";

export const help = `Shows the events in a log's file. It only reads, also while others use the file.

Usage: eventwire log FILE [options]

  --names LIST    only events of these names and patterns, such as order.placed,stock.*
  --key KEY       only events with this key
  --since WHEN    only events after an offset, or appended from a time on
  --until WHEN    only events up to an offset, or appended before a time
                  WHEN is an offset (1200, or epoch.1200), an ISO date, or how long ago: 30s, 10m, 2h, 7d
  --limit COUNT   no more events than these
  --tail          goes on with what is appended; begins at the end, unless --since says otherwise
  --stats         counts by name, and how far groups are behind, instead of events
  --verify        reads all there is, and says what is damaged; without any it ends with 0, otherwise with 1
  --json          JSON, one event a line
  --export FILE   writes the events as JSON, one a line, into a new file
  --help          shows this
  --version       shows the version of the package

It ends with 0, with 1 when the file or an event cannot be read, and with 2 when it is not called as above.`;

/** It was not called as it has to be. */
export class UsageError extends Error {}

/** An offset, or a time in milliseconds since the Unix epoch. */
type When = { readonly offset: number; readonly epoch: string | undefined } | { readonly time: number };

export interface LogOptions {
  readonly file: string;
  readonly names: readonly string[] | undefined;
  readonly key: string | undefined;
  readonly since: When | undefined;
  readonly until: When | undefined;
  readonly limit: number;
  readonly tail: boolean;
  readonly stats: boolean;
  readonly verify: boolean;
  readonly json: boolean;
  readonly export: string | undefined;
}

/** @throws {UsageError} */
export function parseOptions(args: readonly string[], now: number): LogOptions | "help" | "version" {
  const { values, positionals } = parsed(args);
  if (values.help) return "help";
  if (values.version) return "version";
  const [command, file, ...rest] = positionals;
  if (command === undefined) return "help";
  if (command !== "log") throw new UsageError(`There is no command "${command}".`);
  if (file === undefined) throw new UsageError("It must be told a file.");
  if (rest.length > 0) throw new UsageError(`It shows one file, and not "${rest[0]}" as well.`);
  const { key, since, until, limit, tail = false, stats = false, json = false } = values;
  const names = values.names?.split(",").filter((name) => name !== "");
  if (names?.length === 0) throw new UsageError("--names must name something.");
  const { verify = false, json: _, ...others } = values;
  if (verify && Object.keys(others).length > 0) {
    throw new UsageError("--verify looks at all there is, so that it goes with nothing but --json.");
  }
  if (tail && (stats || until !== undefined)) {
    throw new UsageError("--tail does not end, so that it goes with neither --stats nor --until.");
  }
  if (stats && (values.export !== undefined || limit !== undefined)) {
    throw new UsageError("--stats goes with neither --export nor --limit.");
  }
  return {
    file,
    names,
    key,
    since: since === undefined ? undefined : whenOf(since, now),
    until: until === undefined ? undefined : whenOf(until, now),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : countOf(limit),
    tail,
    stats,
    verify,
    json,
    export: values.export,
  };
}

/** The offset that is meant: what comes after it was appended then or later. @throws {UsageError} */
export function offsetIn({ epoch, reader }: LogFile, when: When): number {
  if ("time" in when) return reader.at(when.time);
  if (when.epoch === undefined || when.epoch === epoch) return when.offset;
  throw new UsageError(`The offset is of history "${when.epoch}"; the log's is "${epoch}".`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        names: { type: "string" },
        key: { type: "string" },
        since: { type: "string" },
        until: { type: "string" },
        limit: { type: "string" },
        tail: { type: "boolean" },
        stats: { type: "boolean" },
        verify: { type: "boolean" },
        json: { type: "boolean" },
        export: { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function whenOf(text: string, now: number): When {
  const ago = /^(?<count>\d+)(?<unit>ms|s|m|h|d)$/.exec(text)?.groups;
  if (ago) return { time: now - Number(ago.count) * units[ago.unit as keyof typeof units] };
  if (/^\d{4}-\d\d/.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return { time };
  } else {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return { offset: number, epoch: undefined };
    const place = placeOf(text);
    if (place) return { offset: place.number, epoch: place.epoch };
  }
  throw new UsageError(`"${text}" is neither an offset, nor an ISO date, nor how long ago, such as 10m.`);
}

function countOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new UsageError(`--limit must be a whole number; it is "${text}".`);
}
