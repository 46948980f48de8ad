import type { Appended, Producer } from "@eventwire/core";
import type { Database, Statement } from "./database.js";
import { bytesOf } from "./text.js";

interface Place {
  epoch: number;
  sequence: number;
}

/** What each producer has appended last. Used within a transaction, and settled at its end. */
export class Producers {
  readonly #get: Statement<Place>;
  readonly #set: Statement<unknown>;
  /** Those that the transaction has seen. */
  readonly #places = new Map<string, Place>();

  constructor(db: Database) {
    this.#get = db.prepare("SELECT epoch, sequence FROM producers WHERE id = ?");
    this.#set = db.prepare("INSERT OR REPLACE INTO producers VALUES (?, ?, ?)");
  }

  /** What stands against the next append of a producer; `undefined` when it is the next in its sequence, and then counts. */
  advance({
    id,
    epoch,
    sequence,
  }: Producer): Exclude<Appended, { type: "appended" }> | "duplicate" | undefined {
    let place = this.#places.get(id);
    if (!place) {
      place = { ...(this.#get.get(bytesOf(id)) ?? { epoch, sequence: 0 }) };
      this.#places.set(id, place);
    }
    if (epoch < place.epoch) return { type: "fenced" };
    place.epoch = epoch;
    if (sequence <= place.sequence) return "duplicate";
    const expected = place.sequence + 1;
    if (sequence > expected) return { type: "conflict", expected };
    place.sequence = sequence;
    return undefined;
  }

  /** To be called at the end of the transaction. */
  settle(): void {
    for (const [id, { epoch, sequence }] of this.#places) this.#set.run(bytesOf(id), epoch, sequence);
    this.#places.clear();
  }

  /** To be called where it was undone. */
  undo(): void {
    this.#places.clear();
  }
}
