import type { Append, Appended } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import type { Logged } from "../keeper.js";
import type { EventMessage, Receipt } from "../message.js";
import { appendOf, checkRoom, explain } from "./admission.js";
import { checkAppended, checkOffset } from "./answers.js";
import { Committer } from "./committer.js";
import { offsetOf, type Place } from "./place.js";
import type { Store } from "./store.js";
import type { Tail } from "./tail.js";

/**
 * How far the listeners of this bus may be behind, in events, before an append waits for them: a log in memory keeps little,
 * and must not let go what is only about to be read. And for how long it waits, in milliseconds, lest one that is stuck
 * stops it.
 */
const maxLag = 1_000;
const maxWait = 100;

/** What became of an append, and what the log's epoch was known to be before: a newer one may not have its offset. */
interface Stored {
  readonly outcome: Appended;
  readonly epoch: string;
}

/** The durable emits of a bus, on their way into the log. */
export class Emits {
  readonly #core: BusCore;
  readonly #store: Store;
  readonly #tail: Tail;
  readonly #committer: Committer<Append, Stored>;

  constructor(core: BusCore, store: Store, tail: Tail) {
    this.#core = core;
    this.#store = store;
    this.#tail = tail;
    this.#committer = new Committer(store.runtime, (batch) => this.#append(batch));
  }

  async emit(message: EventMessage, data: unknown): Promise<Receipt> {
    const { id, name, silent } = message;
    const { durability, maxBodyBytes } = this.#store.broker.features;
    checkRoom(name, "emitted", this.#committer.size, this.#core.mailboxLimit);
    const append = appendOf(message, data, maxBodyBytes);
    if (!silent) this.#core.inspect?.({ type: "emitted", message });
    let stored: Stored;
    try {
      stored = await this.#committer.commit(append, append.body.length);
    } catch (error) {
      throw explain(error, name, "emitted");
    }
    const { outcome, epoch } = stored;
    if (outcome.type !== "appended") {
      throw new UnsupportedError(`"${name}" was not emitted: the log calls it ${outcome.type}.`, { name });
    }
    const { offset: number, duplicate } = outcome;
    const offset = number === undefined ? undefined : offsetOf(epoch, number);
    if (!silent) this.#core.inspect?.({ type: "log.appended", id, name, offset });
    return { id, offset, durability, duplicate };
  }

  /** What was made an append elsewhere goes in with what is emitted, in the order of the calls. */
  async append(append: Append): Promise<Logged> {
    const { outcome, epoch } = await this.#committer.commit(append, append.body.length);
    if (outcome.type !== "appended" || outcome.offset === undefined) return outcome;
    const position = offsetOf(epoch, outcome.offset);
    const { id, name } = append;
    if (!outcome.duplicate) this.#core.inspect?.({ type: "log.appended", id, name, offset: position });
    return { ...outcome, position };
  }

  /** The place after all that was emitted before, and before all that is emitted later. */
  now(): Promise<Place> {
    const { log } = this.#store;
    return this.#committer.between(() =>
      this.#store.insist("tell its position", async () => {
        // One after the other: an offset is never taken for one of a history that began after it.
        const epoch = await log.epoch();
        return { epoch, number: checkOffset(await log.head()) };
      }),
    );
  }

  idle(): Promise<void> {
    return this.#committer.idle();
  }

  async #append(batch: readonly Append[]): Promise<readonly Stored[]> {
    const store = this.#store;
    let epoch = "";
    const outcomes = await store.persistByIds("append", async () => {
      epoch = store.epoch;
      return checkAppended(await store.log.append(batch), batch.length);
    });
    const last = outcomes.at(-1);
    if (last?.type === "appended" && last.offset !== undefined) {
      await this.#tail.reach(last.offset - maxLag, maxWait);
    }
    return outcomes.map((outcome) => ({ outcome, epoch }));
  }
}
