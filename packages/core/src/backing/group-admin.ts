import { MisuseError } from "@eventwire/queue";
import type { Append, LogRecord } from "../broker.js";
import { checkCount } from "../check-count.js";
import type { DeadEvent, Group, GroupLag, LagOptions } from "../group.js";
import { matches } from "../pattern.js";
import type { Topic } from "../topic.js";
import { type Body, decodeBody } from "./body.js";
import { lagOf } from "./group-lag.js";
import { decodeJournal, type JournalEntry, type JournalRecord, journalAppend, journalOf } from "./journal.js";
import { offsetOf } from "./place.js";
import type { Store } from "./store.js";

/** How many events are read to count those that are behind. */
const lagLimit = 10_000;
/** How many dead events are listed at once. */
const pageSize = 100;
/** How much of the journal is read at once, in entries and bytes. */
const readLimit = 500;
const readBytes = 2 ** 20;

/** What the journal says of a dead event. */
interface Letter extends JournalRecord {
  /** Of the entry that says it is dead. */
  readonly offset: number;
  /** Whether it was not redriven. */
  open: boolean;
}

/** What a group has given up, to look at and to mend. */
export class GroupAdmin implements Group {
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #store: Store;
  readonly #group: string;

  constructor(topics: ReadonlyMap<string, Topic>, store: Store, group: string) {
    this.#topics = topics;
    this.#store = store;
    this.#group = group;
  }

  async lag(pattern: string, { limit = lagLimit }: LagOptions = {}): Promise<GroupLag | undefined> {
    checkCount("limit", limit);
    const names = [...this.#topics.values()].flatMap(({ name, definition }) =>
      definition.delivery === "durable" && matches(pattern, name) ? name : [],
    );
    if (names.length === 0)
      throw new MisuseError(`"${pattern}" is no durable event of the contract, nor several.`);
    return lagOf(this.#store, { group: this.#group, pattern, names, limit });
  }

  async dead({
    after,
    limit = pageSize,
  }: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  } = {}): Promise<readonly DeadEvent[]> {
    checkCount("limit", limit);
    const letters = await this.#letters();
    // Of all, so that a page goes on where the one before ended, also when that was redriven meanwhile.
    const from = after === undefined ? 0 : letters.findLastIndex(({ entry }) => entry.id === after) + 1;
    const open = letters.slice(from).filter((letter) => letter.open);
    return open.slice(0, limit).map((letter) => deadOf(letter, this.#store.epoch));
  }

  async redrive(ids: readonly string[] | "all"): Promise<number> {
    const { log, broker } = this.#store;
    const wanted = ids === "all" ? undefined : new Set(ids);
    const appends: Append[] = [];
    for (const { offset, open, entry, body } of await this.#letters()) {
      if (!open || body.length === 0 || (wanted && !wanted.has(entry.id))) continue;
      const again: JournalEntry = { ...entry, type: "redriven", letter: offset };
      appends.push(journalAppend(this.#group, again, body, broker.features.maxBodyBytes));
    }
    if (appends.length === 0) return 0;
    const appended = await this.#store.persist("redrive events", () => log.append(appends));
    return appended.filter((outcome) => outcome.type === "appended").length;
  }

  /** All that were dead, oldest first. */
  async #letters(): Promise<readonly Letter[]> {
    const names = [journalOf(this.#group)];
    const letters = new Map<number, Letter>();
    const known = new Set<string>();
    for (let after = 0; ; ) {
      const query = { after, names, limit: readLimit, bytes: readBytes };
      const page = await this.#store.persist("list dead events", () => this.#store.log.read(query));
      for (const record of page.records) {
        const noted = notedIn(record);
        if (!noted) continue;
        const { type, pattern, offset, letter } = noted.entry;
        const event = `${pattern} ${offset}`;
        if (type === "redriven") {
          const redriven = letters.get(letter!);
          if (redriven) redriven.open = false;
        } else if (!known.has(event)) {
          letters.set(record.offset, { ...noted, offset: record.offset, open: true });
        }
        known.add(event);
      }
      if (page.scanned <= after || page.records.length === 0) return [...letters.values()];
      after = page.scanned;
    }
  }
}

function deadOf({ entry, body }: Letter, epoch: string): DeadEvent {
  const { id, name, pattern, key, time, offset, attempts, reason, diedAt, valid } = entry;
  return {
    id,
    name,
    pattern,
    ...bodyOf(body),
    key,
    time,
    offset: offsetOf(epoch, offset),
    attempts,
    reason,
    diedAt,
    valid,
  };
}

/** A note that cannot be read is itself among the dead, of who was to read it. */
function notedIn(record: LogRecord): JournalRecord | undefined {
  try {
    return decodeJournal(record);
  } catch {
    return undefined;
  }
}

/** An event may be dead for the very reason that it cannot be read. */
function bodyOf(body: Uint8Array): Body {
  try {
    return decodeBody(body);
  } catch {
    return { data: undefined, cause: [] };
  }
}
