import type { LogPage, LogQuery, LogRecord } from "../broker.js";
import type { Contract } from "../contract.js";
import type { EventDefinition } from "../definition.js";
import { describe } from "../errors/describe.js";
import { InvalidError } from "../errors/invalid-error.js";
import { checkPage } from "./answers.js";
import { type Body, decodeBody } from "./body.js";
import { decodeJournal, isJournal, type JournalRecord } from "./journal.js";
import type { Store } from "./store.js";
import { StoredMessage } from "./stored-message.js";

/** How much is read at once. */
const pageBytes = 2 ** 20;

/** Reads the log, and makes messages of its records. */
export class Reader {
  readonly #store: Store;
  readonly #contract: Contract;

  constructor(store: Store, contract: Contract) {
    this.#store = store;
    this.#contract = contract;
  }

  /** Rejects at the end of the bus. */
  async read(query: Omit<LogQuery, "bytes">): Promise<LogPage> {
    const page = await this.#store.insist("read", async () =>
      checkPage(await this.#store.log.read({ ...query, bytes: pageBytes }), query.after),
    );
    this.#store.epoch = page.epoch;
    return page;
  }

  /** @returns nothing for what is no event, but a note of a group to itself. */
  message(record: LogRecord, epoch: string, attempt = 1): StoredMessage | undefined {
    if (!isJournal(record.name)) return new StoredMessage(record, this.#bodyOf(record), epoch, attempt);
    let noted: JournalRecord;
    try {
      noted = decodeJournal(record);
    } catch (cause) {
      return new StoredMessage(record, unreadable(record, cause), epoch, attempt);
    }
    const { entry, body } = noted;
    if (entry.type === "dead") return undefined;
    const { pattern, id, name, key, time } = entry;
    const event = { id, name, key, time, offset: record.offset, body };
    return new StoredMessage(event, this.#bodyOf(event), epoch, attempt, pattern);
  }

  #bodyOf(record: LogRecord): Body | InvalidError {
    const { name, body } = record;
    const { definitions } = this.#contract;
    const definition = Object.hasOwn(definitions, name) ? (definitions[name] as EventDefinition) : undefined;
    try {
      // Dead from before it went, and redriven: what is listened to is in the contract.
      if (definition?.kind !== "event") throw new TypeError("its name is no event of this contract any more");
      return this.#store.check(definition.schema, name, decodeBody(body));
    } catch (cause) {
      return unreadable(record, cause);
    }
  }
}

function unreadable({ id, name }: LogRecord, cause: unknown): InvalidError {
  const message = `what the log keeps of event ${id} cannot be read: ${describe(cause)}`;
  return new InvalidError(name, [{ message, path: [] }], cause);
}
