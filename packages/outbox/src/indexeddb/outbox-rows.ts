import type { Change, Storage } from "../stored-outbox.js";
import type { OutboxDatabase, Taken } from "./outbox-database.js";

/** One outbox in the rows of a database, under a lock of its own. */
export class OutboxRows implements Storage {
  readonly #database: OutboxDatabase;
  readonly #producer: string;
  readonly #holder: string;
  readonly #released: () => void;
  #first: number;
  #next: number;

  /** @param released lets go of the lock, and of what else is held for it. */
  constructor(
    database: OutboxDatabase,
    producer: string,
    holder: string,
    { first, entries }: Taken,
    released: () => void,
  ) {
    this.#database = database;
    this.#producer = producer;
    this.#holder = holder;
    this.#first = first;
    this.#next = first + entries.length;
    this.#released = released;
  }

  async write(changes: readonly Change[]): Promise<void> {
    await this.#database.write({
      producer: this.#producer,
      holder: this.#holder,
      first: this.#first,
      next: this.#next,
      changes,
    });
    for (const change of changes) {
      if (change.type === "put") this.#next += change.entries.length;
      else this.#first += change.done;
    }
  }

  async release(forget: boolean): Promise<void> {
    try {
      if (forget) await this.#database.forget(this.#producer, this.#holder).catch(left);
    } finally {
      this.#released();
    }
  }
}

/** What is empty and was not forgotten is in nobody's way: the next one to open takes it. */
function left(): undefined {
  return undefined;
}
