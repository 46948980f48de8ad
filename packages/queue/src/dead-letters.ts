import type { QueueEntry } from "./entry.js";
import type { Key } from "./key.js";

/** An entry whose attempts are used up. It stays until it is redriven, or too many newer ones have died. */
export interface DeadLetter<Data> {
  /** As the entry's. */
  readonly id: number;
  readonly data: Data;
  readonly key: Key | undefined;
  readonly priority: number;
  readonly offeredAt: number;
  /** How many attempts it had. */
  readonly attempts: number;
  /** What the last of them failed with. */
  readonly error: unknown;
  /** In milliseconds since the Unix epoch. */
  readonly diedAt: number;
}

interface Dead<Data> {
  readonly letter: DeadLetter<Data>;
  readonly entry: QueueEntry<Data>;
}

/** The dead, bounded, in the order in which they died. */
export class DeadLetters<Data> {
  readonly #capacity: number;
  /** A Map iterates in the order of insertion. */
  readonly #dead = new Map<number, Dead<Data>>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#dead.size;
  }

  /** @returns what had to go for it: an older one, or itself where none is kept. */
  add(entry: QueueEntry<Data>, error: unknown, diedAt: number): DeadLetter<Data> | undefined {
    const { id, data, key, priority, offeredAt, attempt: attempts } = entry;
    const letter = { id, data, key, priority, offeredAt, attempts, error, diedAt };
    this.#dead.set(id, { letter, entry });
    if (this.#dead.size <= this.#capacity) return undefined;
    for (const [oldest, { letter: gone }] of this.#dead) {
      this.#dead.delete(oldest);
      return gone;
    }
    return undefined;
  }

  list(): DeadLetter<Data>[] {
    return Array.from(this.#dead.values(), ({ letter }) => letter);
  }

  /** Takes those of the ids that are dead, or all, out of it. */
  remove(ids: Iterable<number> | "all"): QueueEntry<Data>[] {
    const removed: QueueEntry<Data>[] = [];
    for (const id of ids === "all" ? [...this.#dead.keys()] : ids) {
      const dead = this.#dead.get(id);
      if (dead === undefined) continue;
      this.#dead.delete(id);
      removed.push(dead.entry);
    }
    return removed;
  }
}
