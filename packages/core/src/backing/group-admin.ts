import type { Append } from "../broker.js";
import type { DeadEvent, Group } from "../group.js";
import { decodeBody } from "./body.js";
import { decodeJournal, type JournalEntry, type JournalRecord, journalAppend, journalOf } from "./journal.js";
import { offsetOf } from "./place.js";
import type { Store } from "./store.js";

/** How many dead events are listed at once. */
const pageSize = 100;
/** How much of the journal is read at once, in entries and bytes. */
const readLimit = 500;
const readBytes = 2 ** 20;

/** What a group has given up, to look at and to mend. */
export class GroupAdmin implements Group {
  readonly #store: Store;
  readonly #group: string;

  constructor(store: Store, group: string) {
    this.#store = store;
    this.#group = group;
  }

  async dead({
    after,
    limit = pageSize,
  }: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  } = {}): Promise<readonly DeadEvent[]> {
    const letters: DeadEvent[] = [];
    for (const record of (await this.#open()).values()) letters.push(letterOf(record, this.#store.epoch));
    const from = after === undefined ? 0 : letters.findLastIndex(({ id }) => id === after) + 1;
    return letters.slice(from, from + limit);
  }

  async redrive(ids: readonly string[] | "all"): Promise<number> {
    const { log, broker } = this.#store;
    const wanted = ids === "all" ? undefined : new Set(ids);
    const appends: Append[] = [];
    for (const [letter, { entry, body }] of await this.#open()) {
      if (body.length === 0 || (wanted && !wanted.has(entry.id))) continue;
      const again: JournalEntry = { ...entry, type: "redriven", letter };
      appends.push(journalAppend(this.#group, again, body, broker.features.maxBodyBytes));
    }
    if (appends.length === 0) return 0;
    const appended = await this.#store.persist("redrive events", () => log.append(appends));
    return appended.filter((outcome) => outcome.type === "appended").length;
  }

  /** The dead that were not redriven, by the offsets of their entries. */
  async #open(): Promise<ReadonlyMap<number, JournalRecord>> {
    const names = [journalOf(this.#group)];
    const open = new Map<number, JournalRecord>();
    const known = new Set<string>();
    for (let after = 0; ; ) {
      const query = { after, names, limit: readLimit, bytes: readBytes };
      const page = await this.#store.persist("list dead events", () => this.#store.log.read(query));
      for (const record of page.records) {
        const { entry, body } = decodeJournal(record);
        const letter = `${entry.pattern} ${entry.offset}`;
        if (entry.type === "redriven") open.delete(entry.letter!);
        else if (!known.has(letter)) open.set(record.offset, { entry, body });
        known.add(letter);
      }
      if (page.scanned <= after || page.records.length === 0) return open;
      after = page.scanned;
    }
  }
}

function letterOf({ entry, body }: JournalRecord, epoch: string): DeadEvent {
  const { id, name, pattern, key, time, offset, attempts, reason, diedAt } = entry;
  return {
    id,
    name,
    pattern,
    data: dataOf(body),
    key,
    time,
    offset: offsetOf(epoch, offset),
    attempts,
    reason,
    diedAt,
  };
}

/** An event may be dead for the very reason that it cannot be read. */
function dataOf(body: Uint8Array): unknown {
  try {
    return decodeBody(body).data;
  } catch {
    return undefined;
  }
}
