import {
  ClosedError,
  MisuseError,
  type OpenOutbox,
  type OutboxEntry,
  type OutboxState,
  OverflowError,
} from "@eventwire/core";

/** One call, as it is written. */
export type Change =
  | { readonly type: "put"; readonly entries: readonly OutboxEntry[] }
  | { readonly type: "advance"; readonly done: number; readonly state: OutboxState };

/** An outbox as it was found where it is kept. */
export interface Found {
  readonly producer: string;
  readonly state: OutboxState;
  readonly entries: readonly OutboxEntry[];
}

/** Where an outbox is kept. */
export interface Storage {
  /**
   * Writes changes in their order: all of them, or none. Called again only when it has settled.
   *
   * @throws {OverflowError} where there is no room.
   * @throws {UnavailableError} where it cannot be written.
   */
  write(changes: readonly Change[]): Promise<void>;
  /** Lets go of it: forgets it, or leaves it to others. */
  release(forget: boolean): Promise<void>;
}

/** The state of an outbox that nothing was ever sent from. */
export const firstState: OutboxState = { epoch: 0, confirmed: 0, first: 1, sent: 0, user: undefined };

/** A change that waits to be written. */
interface Waiting {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An open outbox over a storage: takes calls in their order, and writes as one group what comes in a turn, or while the last group
 * was being written.
 */
export class StoredOutbox implements OpenOutbox {
  readonly producer: string;
  readonly state: OutboxState;
  readonly entries: readonly OutboxEntry[];
  readonly #storage: Storage;
  #size: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ producer, state, entries }: Found, storage: Storage) {
    this.producer = producer;
    this.state = state;
    this.entries = entries;
    this.#size = entries.length;
    this.#storage = storage;
  }

  async put(entries: readonly OutboxEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#ask({ type: "put", entries: entries.map(entryOf) });
  }

  async advance(done: number, state: OutboxState): Promise<void> {
    if (!Number.isSafeInteger(done) || done < 0) {
      throw new MisuseError(`An outbox cannot let go of ${done} entries. Give a whole number from 0 on.`);
    }
    await this.#ask({ type: "advance", done, state: stateOf(state) });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#storage.release(this.#size === 0);
  }

  #ask(change: Change): Promise<void> {
    if (this.#closing) throw new ClosedError("Nothing was kept", undefined, "outbox");
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    // What else comes in this turn is written with it.
    await undefined;
    while (this.#waiting.length > 0) await this.#writeGroup(this.#waiting.splice(0));
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    let size = this.#size;
    const possible = group.filter(({ change, reject }) => {
      const after = sizeAfter(size, change);
      if (after >= 0) size = after;
      else reject(new MisuseError(`An outbox of ${size} entries cannot let go of ${size - after}.`));
      return after >= 0;
    });
    if (possible.length === 0) return;
    try {
      await this.#storage.write(possible.map(({ change }) => change));
      this.#size = size;
      for (const { resolve } of possible) resolve();
    } catch (error) {
      // What is small may still have room where all together has none.
      if (error instanceof OverflowError && possible.length > 1) {
        for (const one of possible) await this.#writeGroup([one]);
      } else for (const { reject } of possible) reject(error);
    }
  }
}

/** As it is now: what a caller changes later changes nothing that is kept. */
function entryOf({ id, name, time, body }: OutboxEntry): OutboxEntry {
  return { id, name, time, body };
}

function stateOf({ epoch, confirmed, first, sent, user }: OutboxState): OutboxState {
  return { epoch, confirmed, first, sent, user };
}

function sizeAfter(size: number, change: Change): number {
  return change.type === "put" ? size + change.entries.length : size - change.done;
}
