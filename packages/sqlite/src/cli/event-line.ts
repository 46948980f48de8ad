import type { LogRecord } from "@eventwire/core";
import { decodeBody, describe, encodeJson, offsetOf } from "@eventwire/core/attach";
import type { Entry } from "./log-entries.js";

/** The widest key that others are aligned with. */
const maxKey = 32;

/** An event on its way to people or programs. */
export interface ShownEvent {
  readonly line: string;
  /** Whether its data can be read. */
  readonly readable: boolean;
}

/** As JSON, with the offset as listeners know it, and data as the log keeps it: what JSON lacks is `{"$":[type, value]}`. */
export function jsonOf(entry: Entry, epoch: string): ShownEvent {
  const record = recordOf(entry);
  const { key, id, name } = record;
  const { data, cause, flaw } = bodyOf(record);
  const head = { offset: offsetOf(epoch, entry.offset), time: timeOf(record), name, key, id };
  const rest = flaw === undefined ? `,"data":${data}` : `,"unreadable":${JSON.stringify(flaw)}`;
  const causes = cause?.length ? `,"cause":${JSON.stringify(cause)}` : "";
  return {
    line: shown(`${JSON.stringify(head).slice(0, -1)}${rest}${causes}}`),
    readable: flaw === undefined,
  };
}

/** Lines for people, aligned with those before. */
export class EventLines {
  readonly #offset: number;
  readonly #name: number;
  #key = 1;

  constructor(head: number, names: readonly string[]) {
    this.#offset = String(head).length;
    this.#name = Math.max(0, ...names.map((name) => shown(name).length));
  }

  lineOf(entry: Entry): ShownEvent {
    const record = recordOf(entry);
    const { data, flaw } = bodyOf(record);
    const key = shown(String(record.key ?? "-"));
    this.#key = Math.max(this.#key, Math.min(key.length, maxKey));
    const columns = [
      String(entry.offset).padStart(this.#offset),
      timeOf(record),
      shown(entry.name).padEnd(this.#name),
      key.padEnd(this.#key),
      shown(flaw === undefined ? (data ?? "") : `(unreadable: ${flaw})`),
    ];
    return { line: columns.join("  "), readable: flaw === undefined };
  }
}

/** What would not be seen, or would be obeyed by a terminal, is written as JSON writes it. */
export function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(character.split(""), (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}

function recordOf({ records, at, base, name }: Entry): LogRecord {
  return records.record(at, base, name);
}

function timeOf({ time }: LogRecord): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

function bodyOf({ name, body }: LogRecord) {
  try {
    const { data, cause } = decodeBody(body);
    return { data: encodeJson(data, name), cause };
  } catch (error) {
    return { flaw: describe(error) };
  }
}
