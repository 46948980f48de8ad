import type { LogPage, LogQuery, LogRecord } from "../broker.js";
import type { Contract } from "../contract.js";
import { Reader } from "./reader.js";
import type { Store } from "./store.js";
import type { StoredMessage } from "./stored-message.js";
import { Turns } from "./turns.js";

/** How many pages are read at once. */
const readsAtOnce = 8;
/** How many bytes of bodies are kept as messages: a log in memory would keep those as long as its events. */
const mostKept = 2 ** 22;
/** What a message weighs besides. */
const around = 256;

/**
 * Reads for many that come at once, such as the clients of a server that was restarted: those that want the same share one reading,
 * and what is made of it, and the log is asked for a few pages at a time.
 */
export class SharedReader extends Reader {
  readonly #turns: Turns;
  readonly #reading = new Map<string, Promise<LogPage>>();
  #messages = new WeakMap<LogRecord, StoredMessage>();
  #kept = 0;

  constructor(store: Store, contract: Contract) {
    super(store, contract);
    this.#turns = new Turns(store.runtime, readsAtOnce);
  }

  override read(query: Omit<LogQuery, "bytes">): Promise<LogPage> {
    const { after, names, key, shards, limit } = query;
    const same = JSON.stringify([after, names, typeof key, key, shards, limit]);
    let page = this.#reading.get(same);
    if (!page) {
      page = this.#turns.take(() => {
        // Who comes from here on may know of more than this page has.
        this.#reading.delete(same);
        return super.read(query);
      });
      this.#reading.set(same, page);
    }
    return page;
  }

  override message(record: LogRecord, epoch: string): StoredMessage | undefined {
    const known = this.#messages.get(record);
    if (known) return known;
    const message = super.message(record, epoch);
    if (!message) return undefined;
    if (this.#kept > mostKept) {
      this.#messages = new WeakMap();
      this.#kept = 0;
    }
    this.#messages.set(record, message);
    this.#kept += record.body.length + around;
    return message;
  }
}
