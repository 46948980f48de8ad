import type { Runtime } from "@eventwire/queue";
import type { Append, Appended, HeldCursor, Log, LogPage, LogQuery, LogRecord } from "../broker.js";
import type { Key } from "../key.js";
import { Cursors } from "./cursors.js";
import { KnownIds } from "./known-ids.js";
import { Producers } from "./producers.js";
import { type Kept, Records } from "./records.js";
import { TrimMarks } from "./trim-marks.js";
import { Watchers } from "./watchers.js";

export interface LogLimits {
  readonly events: number;
  /** Of bodies. */
  readonly bytes: number;
  readonly dedupeWindow: number;
}

/** A log in memory: the newest events stay, up to its limits. */
export class MemoryLog implements Log {
  readonly #runtime: Runtime;
  readonly #limits: LogLimits;
  readonly #check: () => void;
  readonly #epoch: string;
  readonly #records = new Records();
  readonly #byKey = new Map<Key, Records>();
  readonly #known: KnownIds<number>;
  readonly #producers = new Producers();
  readonly #marks = new TrimMarks();
  readonly #cursors: Cursors;
  readonly #watchers: Watchers<[number]>;
  #head = 0;
  #bytes = 0;
  /** When the newest record was appended, and the newest of those that are trimmed. */
  #appendedAt = 0;
  #trimmed = { offset: 0, appendedAt: 0 };

  /** @param check throws when the broker is closed. */
  constructor(runtime: Runtime, limits: LogLimits, check: () => void) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#check = check;
    this.#epoch = runtime.randomId();
    this.#known = new KnownIds(limits.dedupeWindow);
    this.#cursors = new Cursors(runtime);
    this.#watchers = new Watchers(runtime);
  }

  async epoch(): Promise<string> {
    this.#check();
    return this.#epoch;
  }

  async append(batch: readonly Append[]): Promise<readonly Appended[]> {
    this.#check();
    this.#appendedAt = Math.max(this.#appendedAt, this.#runtime.now());
    const head = this.#head;
    const appended = batch.map((append) => this.#append(append));
    this.#makeRoom();
    if (this.#head > head) this.#watchers.tell(this.#head);
    return appended;
  }

  async read(query: LogQuery): Promise<LogPage> {
    this.#check();
    const { after, key, limit, bytes } = query;
    const wants = filter(query);
    const candidates = key === undefined ? this.#records : (this.#byKey.get(key) ?? new Records());
    const records: LogRecord[] = [];
    let scanned = Math.max(after, this.#head);
    let size = 0;
    for (let index = candidates.firstNot(({ record }) => record.offset <= after); ; index++) {
      const kept = candidates.get(index);
      if (!kept) break;
      if (!wants(kept)) continue;
      const { record } = kept;
      size += record.body.length;
      if (records.length === limit || (size > bytes && records.length > 0)) {
        scanned = records.at(-1)?.offset ?? after;
        break;
      }
      records.push(record);
    }
    return { epoch: this.#epoch, records, scanned, trimmed: this.#marks.of(query) };
  }

  async head(): Promise<number> {
    this.#check();
    return this.#head;
  }

  async at(time: number): Promise<number> {
    this.#check();
    const before = this.#records.get(this.#records.firstNot(({ appendedAt }) => appendedAt < time) - 1);
    if (before) return before.record.offset;
    // Where some of what was trimmed came later, 0 makes who reads from here learn of what is missing.
    return this.#trimmed.appendedAt < time ? this.#trimmed.offset : 0;
  }

  watch(hint: (head: number) => void): () => void {
    return this.#watchers.add(hint);
  }

  async trim({ before, name }: { readonly before: number; readonly name?: string }): Promise<void> {
    this.#check();
    const stays = ({ record }: Kept) =>
      record.offset >= before || (name !== undefined && record.name !== name);
    this.#records.filter((kept) => {
      if (stays(kept)) return true;
      this.#forget(kept);
      return false;
    });
    for (const [key, records] of this.#byKey) {
      records.filter(stays);
      if (records.size === 0) this.#byKey.delete(key);
    }
  }

  async acquire(cursor: string, owner: string, lease: number): Promise<HeldCursor | undefined> {
    this.#check();
    return this.#cursors.acquire(cursor, owner, lease);
  }

  async save(cursor: string, token: number, state: Uint8Array | undefined, lease: number): Promise<boolean> {
    this.#check();
    return this.#cursors.save(cursor, token, state, lease);
  }

  #append({ id, name, key, shard, time, body, producer }: Append): Appended {
    const now = this.#runtime.monotonic();
    const known = this.#known.get(id, now);
    const refused = producer && this.#producers.advance(producer);
    if (refused === "fenced") return { type: "fenced" };
    if (refused === "conflict") {
      return { type: "conflict", expected: this.#producers.expected(producer!.id) };
    }
    if (refused === "duplicate" || (!producer && known !== undefined)) {
      return { type: "appended", offset: known, duplicate: true };
    }
    const offset = ++this.#head;
    this.#keep({ record: { id, name, key, time, body, offset }, shard, appendedAt: this.#appendedAt });
    this.#known.add(id, offset, now);
    return { type: "appended", offset, duplicate: false };
  }

  #keep(kept: Kept): void {
    const { key, body } = kept.record;
    this.#records.push(kept);
    this.#bytes += body.length;
    if (key === undefined) return;
    const records = this.#byKey.get(key) ?? new Records();
    this.#byKey.set(key, records);
    records.push(kept);
  }

  /** The newest record stays, however large. */
  #makeRoom(): void {
    const { events, bytes } = this.#limits;
    while (this.#records.size > 1 && (this.#records.size > events || this.#bytes > bytes)) {
      const kept = this.#records.shift()!;
      this.#forget(kept);
      const { key } = kept.record;
      if (key === undefined) continue;
      const records = this.#byKey.get(key)!;
      records.shift();
      if (records.size === 0) this.#byKey.delete(key);
    }
  }

  #forget(kept: Kept): void {
    const { offset, body } = kept.record;
    this.#bytes -= body.length;
    this.#marks.add(kept);
    if (offset > this.#trimmed.offset) this.#trimmed = { offset, appendedAt: kept.appendedAt };
  }
}

function filter({ names, shards }: LogQuery): (kept: Kept) => boolean {
  const wantedNames = names && new Set(names);
  const wantedShards = shards && new Set(shards);
  return ({ record, shard }) =>
    (wantedNames === undefined || wantedNames.has(record.name)) &&
    (wantedShards === undefined || wantedShards.has(shard));
}
