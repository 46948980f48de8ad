import type { DeadLetter } from "./dead-letters.js";
import { DroppedError } from "./errors/dropped-error.js";
import { OverflowError } from "./errors/overflow-error.js";
import type { Key } from "./key.js";
import type { Runtime } from "./runtime.js";
import type { Tally } from "./tally.js";

/**
 * Why an entry went without being done: the queue was full; a newer one of its key took its place; as a dead letter it had
 * to make room for a newer one; or the queue was closed.
 */
export type DropReason = "overflow" | "replaced" | "forgotten" | "closed";

/** An entry that the queue let go of without its being done. */
export interface Dropped<Data> {
  /** As the entry's; 0 when it was never let in. */
  readonly id: number;
  readonly data: Data;
  readonly key: Key | undefined;
  readonly priority: number;
  readonly offeredAt: number;
  readonly reason: DropReason;
}

/** Tells what is dropped. */
export class Drops<Data> {
  readonly #name: string;
  readonly #onDrop: ((dropped: Dropped<Data>) => void) | undefined;
  readonly #runtime: Runtime;
  readonly #tally: Tally;
  #logged = false;
  #telling = false;

  constructor(
    name: string,
    onDrop: ((dropped: Dropped<Data>) => void) | undefined,
    runtime: Runtime,
    tally: Tally,
  ) {
    this.#name = name;
    this.#onDrop = onDrop;
    this.#runtime = runtime;
    this.#tally = tally;
  }

  /**
   * Asked before an offer that makes an entry go: one that `onDrop` makes would never come to an end.
   *
   * @throws {OverflowError} within `onDrop`.
   */
  checkOutside(): void {
    if (!this.#telling) return;
    throw new OverflowError(
      `"${this.#name}" is full and tells of what it dropped: an offer that onDrop makes must not drop another. Offer it elsewhere, or later.`,
      { name: this.#name },
    );
  }

  tell(entry: Omit<Dropped<Data>, "reason"> | DeadLetter<Data>, reason: DropReason): void {
    this.#tally.dropped += 1;
    const { id, data, key, priority, offeredAt } = entry;
    if (this.#onDrop !== undefined) {
      const within = this.#telling;
      this.#telling = true;
      try {
        this.#onDrop({ id, data, key, priority, offeredAt, reason });
      } catch (error) {
        this.#runtime.uncaught(error);
      } finally {
        this.#telling = within;
      }
    } else if (!this.#logged && reason !== "replaced") {
      // To be replaced is what who asked for it wants; anything else is a loss.
      this.#logged = true;
      this.#runtime.log(new DroppedError(this.#name, id, reason));
    }
  }
}
