import type {
  Append,
  Appended,
  BrokerFeatures,
  CursorSave,
  HeldCursor,
  Key,
  LogPage,
  LogQuery,
  LogRecord,
  Producer,
} from "@eventwire/core";
import type { LogBugs } from "./bugs.js";
import type { CursorEntry, Entry, EventEntry, WriteEntry } from "./entries.js";

/** When something happens: by the wall, and by the uptime of a start of the machine. */
export interface Moment {
  readonly now: number;
  readonly boot: string;
  readonly uptime: number;
}

export interface LogLimits extends Pick<BrokerFeatures, "producerWindow" | "producersPerOwner"> {
  /** For how long an id is known, in milliseconds. */
  readonly known: number;
}

/** What a producer has appended last, and when. */
interface Known {
  readonly producer: Producer;
  readonly at: number;
}

/** What lies before an offset, of one name or all. */
interface Part {
  readonly before: number;
  readonly name?: string | undefined;
}

/** What the entries of a journal come to. What is asked of it says which entries are to be added, and adds none. */
export class LogState {
  readonly #limits: LogLimits;
  readonly #bugs: LogBugs;
  /** All that ever were, in order; of those that are gone without their bodies. */
  readonly #events: EventEntry[] = [];
  readonly #byId = new Map<string, EventEntry>();
  /** With when each has appended last. */
  readonly #producers = new Map<string, Known>();
  readonly #cursors = new Map<string, CursorEntry>();
  readonly #writes = new Map<string, WriteEntry>();
  #epoch = "";

  constructor(limits: LogLimits, bugs: LogBugs) {
    this.#limits = limits;
    this.#bugs = bugs;
  }

  /** Empty in a journal that was never begun. */
  get epoch(): string {
    return this.#epoch;
  }

  get head(): number {
    return this.#events.at(-1)?.offset ?? 0;
  }

  add(entry: Entry): void {
    switch (entry.type) {
      case "epoch":
        this.#epoch = entry.epoch;
        break;
      case "event":
        this.#events.push(entry);
        this.#byId.set(entry.id, entry);
        if (entry.producer) {
          this.#know({ producer: entry.producer, at: entry.appendedAt });
        }
        break;
      case "producer":
        this.#know(entry);
        break;
      case "gone":
        for (const offset of entry.offsets) this.#letGo(offset, entry.gap);
        break;
      case "write":
        this.#writes.set(entry.id, entry);
        break;
      case "cursor": {
        const state = entry.state ?? this.#cursors.get(entry.cursor)?.state;
        this.#cursors.set(entry.cursor, entry.state === state ? entry : { ...entry, state });
      }
    }
  }

  /** As few entries as come to the same. */
  entries(): readonly Entry[] {
    return [
      { type: "epoch", epoch: this.#epoch },
      ...this.#events,
      ...[...this.#producers.values()].map((known) => ({ type: "producer", ...known }) as const),
      ...this.#cursors.values(),
      ...this.#writes.values(),
    ];
  }

  append(append: Append, moment: Moment): { readonly appended: Appended; readonly entry?: Entry } {
    const { id, producer } = append;
    const known = this.#known(id, moment);
    if (!producer && known) return { appended: { type: "appended", offset: known.offset, duplicate: true } };
    if (producer) {
      const { epoch, sequence } = this.#producer(producer, moment);
      if (producer.epoch < epoch && !this.#bugs.has("producer-not-fenced"))
        return { appended: { type: "fenced" } };
      // Also where its epoch is the one that is known: so that it is not forgotten.
      const begun = {
        entry: { type: "producer", producer: { ...producer, sequence }, at: moment.now },
      } as const;
      if (producer.sequence <= sequence) {
        return { appended: { type: "appended", offset: known?.offset, duplicate: true }, ...begun };
      }
      if (producer.sequence > sequence + 1) {
        return { appended: { type: "conflict", expected: sequence + 1 }, ...begun };
      }
    }
    const { now, boot, uptime } = moment;
    const offset = this.head + 1;
    // No time goes back, so that a clock that is set back hides nothing.
    const appendedAt = Math.max(now, this.#events.at(-1)?.appendedAt ?? 0);
    const { name, key, shard, about, time, body } = append;
    return {
      appended: { type: "appended", offset, duplicate: false },
      // All of one shape, whoever has made the append, so that they are fast to read and to copy.
      entry: {
        type: "event",
        offset,
        id,
        name,
        key,
        shard,
        about,
        time,
        body,
        producer,
        appendedAt,
        boot,
        uptime,
      },
    };
  }

  /** The first cursor that is another's, where they are saved in this order. */
  firstLost(saves: readonly CursorSave[]): CursorSave | undefined {
    const letGo = new Set<string>();
    return saves.find(({ cursor, token, lease }) => {
      const held = this.#cursors.get(cursor);
      if (letGo.has(cursor) || held?.owner === undefined || held.token !== token) return true;
      if (lease === 0) letGo.add(cursor);
      return false;
    });
  }

  /** The first producer that is fenced or has a hole in its sequence, where they append in this order. */
  firstRefused(appends: readonly Append[], moment: Moment): Producer | undefined {
    const known = new Map<string, Pick<Producer, "epoch" | "sequence">>();
    for (const { producer } of appends) {
      if (!producer) continue;
      const { epoch, sequence } = known.get(producer.id) ?? this.#producer(producer, moment);
      if (producer.epoch < epoch || producer.sequence > sequence + 1) return producer;
      known.set(producer.id, { ...producer, sequence: Math.max(sequence, producer.sequence) });
    }
    return undefined;
  }

  /** Whether a transaction of that id was written, as long as that is known. */
  wasWritten(id: string, moment: Moment): boolean {
    const write = this.#writes.get(id);
    return write !== undefined && this.#isRecent(write, moment);
  }

  offsetOf(id: string): number | undefined {
    return this.#byId.get(id)?.offset;
  }

  /** What lies before an offset, of one name or all. */
  before({ before, name }: Part): readonly number[] {
    return this.#kept((event) => event.offset < before && (name === undefined || event.name === name));
  }

  /** What has a successor before an offset. */
  succeeded({ before, name }: Part): readonly number[] {
    const newest = new Map<string, Map<Key, number>>();
    const candidates = (event: EventEntry) =>
      event.offset < before && event.about === undefined && (name === undefined || event.name === name);
    for (const offset of this.#kept(candidates)) {
      const { name, key } = this.#events[offset - 1]!;
      if (key === undefined) continue;
      newest.set(name, (newest.get(name) ?? new Map<Key, number>()).set(key, offset));
    }
    return this.#kept(
      (event) =>
        candidates(event) &&
        event.key !== undefined &&
        event.offset < (newest.get(event.name)?.get(event.key) ?? 0),
    );
  }

  /** All that has a key, and the notes about it. */
  withKey(key: Key, name: string | undefined): readonly number[] {
    return this.#kept(
      (event) => event.key === key && (name === undefined || event.name === name || event.about === name),
    );
  }

  read(query: LogQuery): LogPage {
    const { after, limit, bytes } = query;
    const selected = this.#events.slice(this.#indexAfter(after)).filter((event) => selects(query, event));
    const records: LogRecord[] = [];
    let scanned = this.head;
    let size = 0;
    for (const { offset, id, name, key, time, body, gone } of selected) {
      if (gone) continue;
      size += body.length;
      if (records.length === limit || (records.length > 0 && size > bytes)) {
        scanned = (records.at(-1)?.offset ?? after) + (this.#bugs.has("page-off-by-one") ? 1 : 0);
        break;
      }
      records.push({ offset, id, name, key, time, body });
    }
    return { epoch: this.#epoch, records, scanned, trimmed: this.#trimmed(query) };
  }

  /** The largest offset of what was appended before a time. */
  at(time: number): number {
    return this.#events.findLast(({ appendedAt }) => appendedAt < time)?.offset ?? 0;
  }

  acquire(cursor: string, owner: string, lease: number, moment: Moment): CursorEntry | undefined {
    const { boot, uptime } = moment;
    const held = this.#cursors.get(cursor);
    const taken = held?.owner !== undefined && held.boot === boot && held.until > uptime;
    if (taken && held.owner !== owner) return undefined;
    return { type: "cursor", cursor, owner, token: (held?.token ?? 0) + 1, boot, until: uptime + lease };
  }

  peek(cursor: string): Uint8Array | undefined {
    return this.#cursors.get(cursor)?.state;
  }

  held(cursor: string): HeldCursor {
    const { token, state } = this.#cursors.get(cursor)!;
    return { token, state };
  }

  save(
    cursor: string,
    token: number,
    state: Uint8Array | undefined,
    lease: number,
    { boot, uptime }: Moment,
  ): CursorEntry | undefined {
    const held = this.#cursors.get(cursor);
    const lost = held?.owner === undefined || held.token !== token;
    if (!held || (lost && !this.#bugs.has("cursor-not-fenced"))) return undefined;
    const owner = lease === 0 ? undefined : held.owner;
    return { type: "cursor", cursor, owner, token: held.token, boot, until: uptime + lease, state };
  }

  /** How far a producer is, where it is known. */
  #producer({ id, begun = false }: Producer, { now }: Moment): Pick<Producer, "epoch" | "sequence"> {
    const known = this.#producers.get(id);
    if (known && now - known.at < this.#limits.producerWindow) return known.producer;
    return begun ? forgottenProducer : unknownProducer;
  }

  /** The one of its owner that was silent longest may be forgotten for it. */
  #know({ producer, at }: Known): void {
    const { id, owner } = producer;
    this.#producers.delete(id);
    this.#producers.set(id, { producer, at });
    if (owner === undefined) return;
    const ids = [...this.#producers].flatMap(([id, { producer }]) => (producer.owner === owner ? id : []));
    if (ids.length > this.#limits.producersPerOwner) this.#producers.delete(ids[0]!);
  }

  #kept(wanted: (event: EventEntry) => boolean): readonly number[] {
    return this.#events.flatMap((event) => (!event.gone && wanted(event) ? event.offset : []));
  }

  #letGo(offset: number, gap: boolean): void {
    const event = {
      ...this.#events[offset - 1]!,
      body: new Uint8Array(),
      gone: gap ? "trimmed" : "dropped",
    } as const;
    this.#events[offset - 1] = event;
    this.#byId.set(event.id, event);
  }

  /** An id is known for its time; from before the machine has started, since then. */
  #known(id: string, moment: Moment): EventEntry | undefined {
    const event = this.#byId.get(id);
    if (!event || this.#bugs.has("repetition-not-known")) return undefined;
    return this.#isRecent(event, moment) ? event : undefined;
  }

  #isRecent(entry: EventEntry | WriteEntry, { boot, uptime }: Moment): boolean {
    const since = entry.boot === boot ? entry.uptime : 0;
    return uptime - since < this.#limits.known;
  }

  #trimmed(query: LogQuery): number {
    if (this.#bugs.has("gap-not-told")) return 0;
    return this.#events.findLast((event) => event.gone === "trimmed" && selects(query, event))?.offset ?? 0;
  }

  /** Offsets have no holes here. */
  #indexAfter(offset: number): number {
    return Math.min(offset, this.#events.length);
  }
}

/** Whatever it begins with is newer. */
const unknownProducer = { epoch: Number.NEGATIVE_INFINITY, sequence: 0 };
/** Whatever it goes on with is fenced. */
const forgottenProducer = { epoch: Number.POSITIVE_INFINITY, sequence: 0 };

function selects({ names, key, shards }: LogQuery, event: EventEntry): boolean {
  return (
    (names === undefined || names.includes(event.name)) &&
    (key === undefined || key === event.key) &&
    (shards === undefined || shards.includes(event.shard))
  );
}
