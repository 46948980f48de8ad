import type { OutboxEntry, OutboxState } from "@eventwire/core";
import type { Change, Found } from "../stored-outbox.js";
import { encodeFrame } from "./frames.js";

/** What an entry costs beside its texts, about, in bytes. */
const entryBytes = 64;
/** How many entries that are done are passed over before they are let go of. */
const maxDone = 256;

/** What an outbox's file comes to: what it begins with, and each group of changes since. */
export class Contents {
  readonly producer: string;
  #state: OutboxState;
  #entries: OutboxEntry[] = [];
  #done = 0;
  #bytes = 0;

  constructor({ producer, state, entries }: Found) {
    this.producer = producer;
    // JSON has left out a user that is not known.
    this.#state = { ...state, user: state.user };
    this.#put(entries);
  }

  /** From the values of a file's frames, of which there is at least one. */
  static read([begin, ...groups]: readonly unknown[]): Contents {
    const contents = new Contents(begin as Found);
    for (const group of groups) contents.apply(group as readonly Change[]);
    return contents;
  }

  get state(): OutboxState {
    return this.#state;
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries.slice(this.#done);
  }

  get empty(): boolean {
    return this.#done === this.#entries.length;
  }

  /** How many its entries take, about. */
  get bytes(): number {
    return this.#bytes;
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === "put") this.#put(change.entries);
      else {
        this.#advance(change.done);
        this.#state = { ...change.state, user: change.state.user };
      }
    }
  }

  /** All of it in one frame, which a file can begin with. */
  frame(): Buffer {
    const { producer, state, entries } = this;
    return encodeFrame({ producer, state, entries });
  }

  #put(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#bytes += bytesOf(entry);
    }
  }

  #advance(done: number): void {
    const end = this.#done + done;
    for (; this.#done < end; this.#done++) this.#bytes -= bytesOf(this.#entries[this.#done]!);
    if (this.#done < Math.max(maxDone, this.#entries.length / 2)) return;
    this.#entries = this.entries.slice();
    this.#done = 0;
  }
}

function bytesOf({ id, name, body }: OutboxEntry): number {
  return entryBytes + id.length + name.length + body.length;
}
