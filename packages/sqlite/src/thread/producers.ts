import type { Appended, Producer } from "@eventwire/core";
import type { Database, Statement } from "./database.js";
import { bytesOf } from "./text.js";

interface Place {
  epoch: number;
  sequence: number;
  owner?: string | undefined;
}

export interface ProducersLimits {
  /** For how long one is known after its last append, in milliseconds. */
  readonly producerWindow: number;
  readonly producersPerOwner: number;
}

/** How many producers are looked at in a transaction with appends of some, whether they are to be forgotten. */
const sweep = 16;
const start = new Uint8Array(0);

/**
 * What each producer has appended last, as long as it is known. Used within a transaction, and settled at its end.
 */
export class Producers {
  readonly #window: number;
  readonly #perOwner: number;
  readonly #get: Statement<Place>;
  readonly #set: Statement<unknown>;
  readonly #last: Statement<{ readonly last: Uint8Array | null }>;
  readonly #forget: Statement<unknown>;
  readonly #forgetOf: Statement<unknown>;
  /** Those that the transaction has seen. */
  readonly #places = new Map<string, Place>();
  /** Whose are those that it has begun. */
  readonly #owners = new Set<string>();
  /** Up to which one they were looked at last. */
  #swept: Uint8Array = start;

  constructor(db: Database, { producerWindow, producersPerOwner }: ProducersLimits) {
    this.#window = producerWindow;
    this.#perOwner = Math.min(producersPerOwner, Number.MAX_SAFE_INTEGER);
    this.#get = db.prepare("SELECT epoch, sequence FROM producers WHERE id = ? AND time > ?");
    this.#set = db.prepare(
      "INSERT OR REPLACE INTO producers (id, epoch, sequence, time, owner) VALUES (?, ?, ?, ?, ?)",
    );
    this.#last = db.prepare(
      `SELECT MAX(id) AS last FROM (SELECT id FROM producers WHERE id > ? ORDER BY id LIMIT ${sweep})`,
    );
    this.#forget = db.prepare("DELETE FROM producers WHERE id > ? AND id <= ? AND time <= ?");
    this.#forgetOf = db.prepare(
      `DELETE FROM producers
       WHERE id IN (SELECT id FROM producers WHERE owner = ? ORDER BY time DESC LIMIT -1 OFFSET ?)`,
    );
  }

  /** What stands against the next append of a producer; `undefined` when it is the next in its sequence, and then counts. */
  advance(
    { id, epoch, sequence, owner, begun = false }: Producer,
    time: number,
  ): Exclude<Appended, { type: "appended" }> | "duplicate" | undefined {
    let place = this.#places.get(id);
    if (!place) {
      const known = this.#get.get(bytesOf(id), time - this.#window);
      if (!known && begun) return { type: "fenced" };
      if (!known && owner !== undefined) this.#owners.add(owner);
      place = { ...(known ?? { epoch, sequence: 0 }), owner };
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

  /** To be called at the end of the transaction, with the time of it. */
  settle(time: number): void {
    if (this.#places.size === 0) return;
    for (const [id, { epoch, sequence, owner }] of this.#places) {
      this.#set.run(bytesOf(id), epoch, sequence, time, owner === undefined ? null : bytesOf(owner));
    }
    for (const owner of this.#owners) this.#forgetOf.run(bytesOf(owner), this.#perOwner);
    this.undo();
    const last = this.#last.get(this.#swept)?.last ?? undefined;
    if (last) this.#forget.run(this.#swept, last, time - this.#window);
    this.#swept = last ?? start;
  }

  /** To be called where it was undone. */
  undo(): void {
    this.#places.clear();
    this.#owners.clear();
  }
}
