import type { Runtime } from "@eventwire/queue";
import type {
  Append,
  Appended,
  CursorSave,
  HeldCursor,
  Log,
  LogPage,
  LogQuery,
  LogRecord,
  Producer,
} from "../broker.js";
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
  readonly producerWindow: number;
  readonly producersPerOwner: number;
}

/** What lies before an offset, of one name or all. */
interface Part {
  readonly before: number;
  readonly name?: string | undefined;
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
  readonly #producers: Producers;
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
    this.#producers = new Producers(limits);
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
    let scanned = this.#head;
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

  async trim({ before, name }: Part): Promise<void> {
    this.#check();
    const trimmed = this.#drop(
      ({ record }) => record.offset < before && (name === undefined || record.name === name),
    );
    for (const kept of trimmed) this.#mark(kept);
  }

  async compact({ before, name }: Part): Promise<number> {
    this.#check();
    const newest = new Map<string, Map<Key, number>>();
    const candidate = ({ record, about }: Kept) =>
      record.offset < before && about === undefined && (name === undefined || record.name === name);
    for (const kept of this.#records) {
      const { name, key, offset } = kept.record;
      if (key === undefined || !candidate(kept)) continue;
      const offsets = newest.get(name) ?? new Map<Key, number>();
      newest.set(name, offsets);
      offsets.set(key, offset);
    }
    return this.#drop(({ record }) => {
      const { name, key, offset } = record;
      return key !== undefined && offset < (newest.get(name)?.get(key) ?? 0);
    }).length;
  }

  async erase({ key, name }: { readonly key: Key; readonly name?: string | undefined }): Promise<number> {
    this.#check();
    return this.#drop(
      ({ record, about }) =>
        record.key === key && (name === undefined || record.name === name || about === name),
    ).length;
  }

  async acquire(cursor: string, owner: string, lease: number): Promise<HeldCursor | undefined> {
    this.#check();
    return this.#cursors.acquire(cursor, owner, lease);
  }

  async save(cursor: string, token: number, state: Uint8Array | undefined, lease: number): Promise<boolean> {
    this.#check();
    return this.#cursors.save(cursor, token, state, lease);
  }

  async peek(cursor: string): Promise<Uint8Array | undefined> {
    this.#check();
    return this.#cursors.peek(cursor);
  }

  /** The first that would not be saved, where they are saved in this order. */
  lostCursor(saves: readonly CursorSave[]): CursorSave | undefined {
    return this.#cursors.firstLost(saves);
  }

  /** The producer of the first that would not be appended, where they are appended in this order. */
  refusedProducer(appends: readonly Append[]): Producer | undefined {
    const producers = appends.flatMap(({ producer = [] }) => producer);
    return this.#producers.firstRefused(producers, this.#runtime.monotonic());
  }

  /** Where an event was appended, as long as its id is known. */
  offsetOf(id: string): number | undefined {
    return this.#known.get(id, this.#runtime.monotonic());
  }

  #append({ id, name, key, shard, about, time, body, producer }: Append): Appended {
    const now = this.#runtime.monotonic();
    const known = this.#known.get(id, now);
    const refused = producer && this.#producers.advance(producer, now);
    if (refused === "fenced") return { type: "fenced" };
    if (refused === "conflict") {
      return { type: "conflict", expected: this.#producers.expected(producer!.id) };
    }
    if (refused === "duplicate" || (!producer && known !== undefined)) {
      return { type: "appended", offset: known, duplicate: true };
    }
    const offset = ++this.#head;
    const record = { id, name, key, time, body, offset };
    this.#keep({ record, shard, about, appendedAt: this.#appendedAt });
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
      this.#bytes -= kept.record.body.length;
      this.#mark(kept);
      const { key } = kept.record;
      if (key === undefined) continue;
      const records = this.#byKey.get(key)!;
      records.shift();
      if (records.size === 0) this.#byKey.delete(key);
    }
  }

  /** Forgets what `goes`, and gives it. */
  #drop(goes: (kept: Kept) => boolean): readonly Kept[] {
    const dropped = this.#records.drop(goes);
    const keys = new Set<Key>();
    for (const { record } of dropped) {
      this.#bytes -= record.body.length;
      if (record.key !== undefined) keys.add(record.key);
    }
    for (const key of keys) {
      const records = this.#byKey.get(key)!;
      records.drop(goes);
      if (records.size === 0) this.#byKey.delete(key);
    }
    return dropped;
  }

  /** It was trimmed: who has not read it misses something. */
  #mark(kept: Kept): void {
    const { offset } = kept.record;
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
