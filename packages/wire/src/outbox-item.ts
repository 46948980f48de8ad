import type { EventwireError, OutboxEntry, Receipt } from "@eventwire/core";
import { utf8Bytes } from "./utf8.js";

/** A durable event in an outbox, and who waits for it. */
export class OutboxItem {
  #entry: OutboxEntry;
  /** Of its body. */
  readonly bytes: number;
  /** Nobody, of what was left behind. */
  readonly #waiter: { resolve(receipt: Receipt): void; reject(error: unknown): void } | undefined;

  constructor(
    entry: OutboxEntry,
    waiter?: { resolve(receipt: Receipt): void; reject(error: unknown): void },
  ) {
    this.#entry = entry;
    this.bytes = utf8Bytes(entry.body);
    this.#waiter = waiter;
  }

  get entry(): OutboxEntry {
    return this.#entry;
  }

  /** It was emitted behind what was at this time. To be called before it is kept. */
  notBefore(time: number): void {
    if (time > this.#entry.time) this.#entry = { ...this.#entry, time };
  }

  resolve(receipt: Receipt): void {
    this.#waiter?.resolve(receipt);
  }

  /** @returns whether somebody is told. */
  reject(error: unknown): boolean {
    this.#waiter?.reject(error);
    return this.#waiter !== undefined;
  }

  /** As the producer's event of this number. */
  text(ref: number, sequence: number): string {
    const { id, name, body } = this.entry;
    // The body is an array of its data and what led to it.
    return `["append",${ref},${sequence},${JSON.stringify(id)},${JSON.stringify(name)},${body.slice(1)}`;
  }
}

/** How far an item has come: before the outbox, on its way in, in it, sent from there, or decided and on its way out. */
export type StageOfItem = "outside" | "entering" | "inside" | "sent" | "leaving";

/** Why an item is let go of when its outbox ends. */
export type EndOf = (item: OutboxItem, stage: StageOfItem) => EventwireError;
