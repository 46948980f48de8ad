import type { OutboxEntry, OutboxState } from "@eventwire/core";
import { OutboxUnavailableError } from "../outbox-unavailable-error.js";
import { type Change, firstState } from "../stored-outbox.js";
import { type EntryRow, entriesOf, rowsOf } from "./entry-rows.js";
import { explain } from "./failures.js";
import { openDatabase, type Row } from "./open-database.js";

/** How many rows are read at once, so that a page that opens a large outbox does not stand still. */
const pageSize = 100;

/** An outbox as it was found, and the place of the entry that comes next. */
export interface Taken {
  readonly state: OutboxState;
  readonly entries: readonly OutboxEntry[];
  readonly first: number;
}

/** What changes at which place. */
export interface Writing {
  readonly producer: string;
  readonly holder: string;
  /** Of the first entry that there is. */
  readonly first: number;
  /** Of the next one. */
  readonly next: number;
  readonly changes: readonly Change[];
}

/** The outboxes of one database. Each write sees first that its holder still has what it writes to. */
export class OutboxDatabase {
  readonly name: string;
  readonly #database: IDBDatabase;
  readonly #durability: IDBTransactionDurability;
  /** Why nothing can be read or written any more. */
  #lost: OutboxUnavailableError | undefined;

  static async open(name: string, durability: IDBTransactionDurability): Promise<OutboxDatabase> {
    return new OutboxDatabase(name, await openDatabase(name), durability);
  }

  private constructor(name: string, database: IDBDatabase, durability: IDBTransactionDurability) {
    this.name = name;
    this.#database = database;
    this.#durability = durability;
    // Whoever deletes it, or has a newer version of it, is not kept waiting.
    database.onversionchange = ({ newVersion }) => {
      database.close();
      this.#lose(newVersion === null ? "was deleted" : "was taken over by a newer version of the page");
    };
    database.onclose = () => this.#lose("was closed by the browser, which may have cleared it");
  }

  close(): void {
    this.#database.close();
  }

  /** The names of all outboxes. */
  async producers(): Promise<readonly string[]> {
    return this.#run("readonly", ({ outboxes }) => outboxes.getAllKeys() as IDBRequest<string[]>);
  }

  async create(producer: string, holder: string): Promise<void> {
    const row: Row = { producer, holder, state: firstState };
    await this.#run("readwrite", ({ outboxes }) => outboxes.add(row));
  }

  /** Makes an outbox its holder's. @returns what it holds; nothing where it was forgotten. */
  async take(producer: string, holder: string): Promise<Taken | undefined> {
    let row: Row | undefined;
    await this.#run("readwrite", ({ outboxes }) => {
      const request = outboxes.get(producer) as IDBRequest<Row | undefined>;
      request.onsuccess = () => {
        row = request.result;
        if (row) outboxes.put({ ...row, holder });
      };
      return request;
    });
    if (!row) return undefined;
    const rows = await this.#rowsOf(producer);
    return { state: row.state, entries: entriesOf(rows), first: rows[0]?.position ?? 0 };
  }

  async write({ producer, holder, first, next, changes }: Writing): Promise<void> {
    await this.#run("readwrite", (stores, refuse) => {
      const check = this.#check(stores.outboxes, producer, holder, refuse);
      let position = next;
      let done = first;
      let state: OutboxState | undefined;
      for (const change of changes) {
        if (change.type === "put") {
          for (const entry of change.entries) {
            for (const row of rowsOf(producer, position, entry)) stores.entries.add(row);
            position += 1;
          }
        } else {
          if (change.done > 0) {
            const range = IDBKeyRange.bound([producer, done], [producer, done + change.done], false, true);
            stores.entries.delete(range);
          }
          done += change.done;
          state = change.state;
        }
      }
      if (state) stores.outboxes.put({ producer, holder, state } satisfies Row);
      return check;
    });
  }

  /** Forgets an outbox that is empty, where its holder still has it. */
  async forget(producer: string, holder: string): Promise<void> {
    await this.#run("readwrite", ({ outboxes }, refuse) => {
      const check = this.#check(outboxes, producer, holder, refuse);
      outboxes.delete(producer);
      return check;
    });
  }

  async #rowsOf(producer: string): Promise<readonly EntryRow[]> {
    const rows: EntryRow[] = [];
    for (let last: EntryRow | undefined; ; last = rows.at(-1)) {
      const after = last ? [producer, last.position, last.part] : [producer];
      const range = IDBKeyRange.bound(after, [producer, Number.POSITIVE_INFINITY], true, true);
      const page = await this.#run(
        "readonly",
        ({ entries }) => entries.getAll(range, pageSize) as IDBRequest<EntryRow[]>,
      );
      for (const row of page) rows.push(row);
      if (page.length < pageSize) return rows;
    }
  }

  /** A page that stood still, or was kept for later without its locks, must not write to what another one has taken meanwhile. */
  #check(
    outboxes: IDBObjectStore,
    producer: string,
    holder: string,
    refuse: (error: OutboxUnavailableError) => void,
  ): IDBRequest<Row | undefined> {
    const request = outboxes.get(producer) as IDBRequest<Row | undefined>;
    request.onsuccess = () => {
      if (request.result?.holder === holder) return;
      const what = request.result ? "another page has it by now" : "it was deleted";
      refuse(
        new OutboxUnavailableError(
          "Lost",
          `The outbox of this page in "${this.name}" is lost to it, for ${what}: load the page again.`,
        ),
      );
    };
    return request;
  }

  /** Runs a transaction. What its request has found is given once all of it is kept. */
  #run<T>(
    mode: IDBTransactionMode,
    work: (
      stores: { readonly outboxes: IDBObjectStore; readonly entries: IDBObjectStore },
      refuse: (error: OutboxUnavailableError) => void,
    ) => IDBRequest<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let refused: unknown;
      const fail = (error: unknown) => reject(this.#lost ?? refused ?? explain(this.name, error));
      try {
        const transaction = this.#database.transaction(["outboxes", "entries"], mode, {
          durability: this.#durability,
        });
        const outboxes = transaction.objectStore("outboxes");
        const entries = transaction.objectStore("entries");
        let request: IDBRequest<T> | undefined;
        transaction.oncomplete = () => resolve(request!.result);
        transaction.onabort = () => fail(transaction.error);
        const refuse = (error: unknown) => {
          refused = error;
          transaction.abort();
        };
        try {
          request = work({ outboxes, entries }, refuse);
        } catch (error) {
          refuse(explain(this.name, error));
        }
      } catch (error) {
        fail(error);
      }
    });
  }

  #lose(what: string): void {
    this.#lost ??= new OutboxUnavailableError(
      "Lost",
      `The database "${this.name}" ${what}: load the page again.`,
    );
  }
}
