import { type OpenOutbox, systemRuntime } from "@eventwire/core";
import { StoredOutbox } from "../stored-outbox.js";
import { explain, missing } from "./failures.js";
import { hold } from "./locks.js";
import { OutboxDatabase } from "./outbox-database.js";
import { OutboxRows } from "./outbox-rows.js";

/**
 * What one opening has: an outbox of its own, and those that it was told of. Each is under a lock of its own; that of one that another
 * page has is asked for, and is given when that page is gone, however it ended.
 */
export class DatabaseSession {
  readonly #name: string;
  readonly #locks: LockManager;
  readonly #left: (outbox: OpenOutbox) => void;
  readonly #signal: AbortSignal;
  readonly #holder = `${systemRuntime.randomId()}${systemRuntime.randomId()}`;
  /** Those that are its own, or whose lock it has asked for. */
  readonly #known = new Set<string>();
  #database: OutboxDatabase | undefined;
  /** Tells of outboxes that are made. */
  #channel: BroadcastChannel | undefined;
  #listening = false;
  /** Its open outboxes, the first from the beginning, and itself for as long as it watches for others. */
  #uses = 1;

  constructor(name: string, locks: LockManager, left: (outbox: OpenOutbox) => void, signal: AbortSignal) {
    this.#name = name;
    this.#locks = locks;
    this.#left = left;
    this.#signal = signal;
  }

  async open(durability: IDBTransactionDurability): Promise<OpenOutbox> {
    const database = await OutboxDatabase.open(this.#name, durability);
    this.#database = database;
    // Listened to before looking, so that one that is made meanwhile is either heard of or seen.
    this.#listen();
    try {
      const producers = await database.producers();
      const outbox = (await this.#takeFirst(producers)) ?? (await this.#create());
      for (const producer of producers) this.#watch(producer);
      return outbox;
    } catch (error) {
      this.#stopListening();
      this.#end();
      throw explain(this.#name, error);
    }
  }

  async #takeFirst(producers: readonly string[]): Promise<OpenOutbox | undefined> {
    for (const producer of producers) {
      const release = await this.#hold(producer, { ifAvailable: true });
      if (!release) continue;
      this.#known.add(producer);
      const outbox = await this.#take(producer, release);
      if (outbox) return outbox;
    }
    return undefined;
  }

  async #create(): Promise<OpenOutbox> {
    const producer = `${systemRuntime.randomId()}-${systemRuntime.randomId()}`;
    this.#known.add(producer);
    const release = await this.#hold(producer, {});
    await this.#database!.create(producer, this.#holder).catch((error: unknown) => {
      release?.();
      throw error;
    });
    const outbox = await this.#take(producer, release!);
    if (outbox) return outbox;
    throw new Error("what was made is not there");
  }

  /** Opens an outbox whose lock is held; nothing where it was forgotten. */
  async #take(producer: string, release: () => void): Promise<OpenOutbox | undefined> {
    try {
      const taken = await this.#database!.take(producer, this.#holder);
      if (taken) {
        // Before more is put into it: whoever is there knows whose lock to ask for.
        this.#channel?.postMessage(producer);
        const { state, entries } = taken;
        const rows = new OutboxRows(this.#database!, producer, this.#holder, taken, () => {
          this.#known.delete(producer);
          release();
          this.#end();
        });
        return new StoredOutbox({ producer, state, entries }, rows);
      }
    } catch (error) {
      this.#known.delete(producer);
      release();
      throw error;
    }
    this.#known.delete(producer);
    release();
    return undefined;
  }

  /** Waits for an outbox that another one has, for as long as somebody wants to be told. */
  #watch(producer: string): void {
    if (this.#known.has(producer) || this.#signal.aborted) return;
    this.#known.add(producer);
    void this.#takeWhenLeft(producer);
  }

  async #takeWhenLeft(producer: string): Promise<void> {
    try {
      const release = await this.#hold(producer, { signal: this.#signal });
      if (this.#signal.aborted) release?.();
      else await this.#takeLeft(producer, release!);
    } catch (error) {
      // Who opens next is told as well, for then somebody waits for it.
      if (!this.#signal.aborted) systemRuntime.log(error);
    }
  }

  async #takeLeft(producer: string, release: () => void): Promise<void> {
    this.#uses += 1;
    const outbox = await this.#take(producer, release).catch((error: unknown) => {
      this.#end();
      throw error;
    });
    if (!outbox) this.#end();
    else if (outbox.entries.length === 0 || this.#signal.aborted) await outbox.close();
    else this.#left(outbox);
  }

  #hold(producer: string, options: Parameters<typeof hold>[2]): Promise<(() => void) | undefined> {
    return hold(this.#locks, `${this.#name}/${producer}`, options).catch((error: unknown) => {
      if (this.#signal.aborted) throw error;
      throw missing("This page may hold no locks", error);
    });
  }

  #listen(): void {
    const { BroadcastChannel } = globalThis as {
      readonly BroadcastChannel?: typeof globalThis.BroadcastChannel;
    };
    // Where it is missing, what is left is found by the next one to open.
    this.#channel = BroadcastChannel && new BroadcastChannel(this.#name);
    if (this.#signal.aborted) return;
    this.#listening = true;
    this.#uses += 1;
    this.#channel?.addEventListener("message", ({ data }) => this.#watch(String(data)));
    this.#signal.addEventListener("abort", this.#stopListening, { once: true });
  }

  readonly #stopListening = (): void => {
    if (!this.#listening) return;
    this.#listening = false;
    this.#end();
  };

  #end(): void {
    this.#uses -= 1;
    if (this.#uses > 0) return;
    this.#channel?.close();
    this.#database?.close();
  }
}
