import type { LogPage, LogQuery, LogRecord } from "../broker.js";
import { describe } from "../errors/describe.js";
import { InvalidError } from "../errors/invalid-error.js";
import type { Store } from "./store.js";
import { readMessage, type StoredMessage } from "./stored-message.js";

/** How much is read at once. */
const pageBytes = 2 ** 20;

/** Reads the log, and makes messages of its records. */
export class Reader {
  readonly #store: Store;
  readonly #report: (error: unknown) => void;

  constructor(store: Store, report: (error: unknown) => void) {
    this.#store = store;
    this.#report = report;
  }

  /** Rejects at the end of the bus. */
  async read(query: Omit<LogQuery, "bytes">): Promise<LogPage> {
    const page = await this.#store.persist("read", () =>
      this.#store.log.read({ ...query, bytes: pageBytes }),
    );
    this.#store.epoch = page.epoch;
    return page;
  }

  /** @returns nothing, and reports it, where the record cannot be read: who waits for it must not wait for ever. */
  message(record: LogRecord, epoch: string): StoredMessage | undefined {
    try {
      return readMessage(record, epoch);
    } catch (cause) {
      const message = `what the log keeps of event ${record.id} cannot be read: ${describe(cause)}`;
      this.#report(new InvalidError(record.name, [{ message, path: [] }], cause));
      return undefined;
    }
  }
}
