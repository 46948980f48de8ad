import type { Key } from "@eventwire/core";
import type { EventHead, Outgoing } from "./outgoing.js";

/** How long a live event may wait for a peer that takes nothing, in milliseconds. */
const maxAge = 10_000;
/** Up to so many places that have gone are left alone. */
const fewHoles = 64;
/** Of how many keys of a name it is told apart what was missed. */
const maxKeys = 100;

interface Waiting {
  readonly message: Outgoing;
  /** Since when, on the monotonic clock. */
  readonly since: number;
}

/** Events of a name, or of one key of it, that were given up. */
export interface Missed {
  readonly name: string;
  /** `undefined`: of any. */
  readonly key: Key | undefined;
  readonly count: number;
}

/**
 * What waits for a link that is full, in order. Of volatile events the newest of each key waits, live ones wait within a
 * bound of bytes and time, and go as their overflow says; all else waits.
 */
export class SendQueue {
  /** What has gone leaves a hole. */
  #waiting: (Waiting | undefined)[] = [];
  readonly #keeps: boolean;
  #first = 0;
  /** Where the newest volatile event of each name and key waits. */
  readonly #newest = new Map<string, number>();
  /** Before it there is no event that may go. */
  #oldestEvent = 0;
  readonly #missed = new Map<string, Missed>();
  /** How many messages wait. */
  count = 0;
  /** What they weigh. */
  size = 0;
  /** How many events have given way to newer ones of their key, and how many were given up. */
  conflated = 0;
  dropped = 0;

  /** @param keeps whether no live event may go: who sends refused what would be too much before. */
  constructor(keeps = false) {
    this.#keeps = keeps;
  }

  /**
   * @param limit how many bytes may wait.
   * @returns false where more than that waits and nothing may go for it.
   */
  push(message: Outgoing, now: number, limit: number): boolean {
    const { head } = message;
    if (head?.delivery === "live" && head.overflow !== "drop-oldest" && this.size + message.size > limit) {
      if (this.#keeps || head.overflow === "disconnect") return false;
      this.#miss(message);
      return true;
    }
    if (this.#waiting.length > 2 * this.count + fewHoles) this.#compact();
    if (head?.delivery === "volatile") this.#conflate(targetOf(head));
    this.#waiting.push({ message, since: now });
    this.count += 1;
    this.size += message.size;
    while (this.size > limit) if (this.#keeps || !this.#dropOldest()) return false;
    return true;
  }

  /** How many places are held, also of what has gone. */
  get places(): number {
    return this.#waiting.length;
  }

  /** Whether nothing waits, and nothing is to be told of what no longer does. */
  get idle(): boolean {
    return this.count === 0 && this.#missed.size === 0;
  }

  /** Takes messages from the front: at least one, and no more than `most` of up to `bytes` bytes together. */
  take(now: number, bytes: number, most: number): readonly Outgoing[] {
    const taken: Outgoing[] = [];
    let left = bytes;
    for (; this.#first < this.#waiting.length && taken.length < most; this.#first++) {
      const waiting = this.#waiting[this.#first];
      if (!waiting) continue;
      const { message, since } = waiting;
      if (!this.#keeps && message.head?.delivery === "live" && now - since > maxAge) {
        this.#remove(this.#first);
        this.#miss(message);
        continue;
      }
      left -= message.bytes + 1;
      if (taken.length > 0 && left < 0) break;
      this.#remove(this.#first);
      taken.push(message);
    }
    if (this.count === 0) this.clear();
    return taken;
  }

  /** What was given up since this was last asked. */
  missed(): readonly Missed[] {
    if (this.#missed.size === 0) return [];
    const missed = [...this.#missed.values()];
    this.#missed.clear();
    return missed;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#first = 0;
    this.#oldestEvent = 0;
    this.#newest.clear();
    this.count = 0;
    this.size = 0;
  }

  #conflate(target: string): void {
    const older = this.#newest.get(target);
    if (older !== undefined && older >= this.#first && this.#waiting[older]) {
      this.#remove(older);
      this.conflated += 1;
    }
    this.#newest.set(target, this.#waiting.length);
  }

  /** Closes the holes: who takes slowly, and never all, would have ever more of them. */
  #compact(): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== undefined);
    this.#first = 0;
    this.#oldestEvent = 0;
    this.#newest.clear();
    for (const [index, waiting] of this.#waiting.entries()) {
      const { head } = waiting!.message;
      if (head?.delivery === "volatile") this.#newest.set(targetOf(head), index);
    }
  }

  #dropOldest(): boolean {
    this.#oldestEvent = Math.max(this.#oldestEvent, this.#first);
    for (; this.#oldestEvent < this.#waiting.length; this.#oldestEvent++) {
      const waiting = this.#waiting[this.#oldestEvent];
      const head = waiting?.message.head;
      if (!head || (head.delivery === "live" && head.overflow === "disconnect")) continue;
      this.#remove(this.#oldestEvent);
      if (head.delivery === "live") this.#miss(waiting.message);
      else this.dropped += 1;
      return true;
    }
    return false;
  }

  #remove(index: number): void {
    const { message } = this.#waiting[index]!;
    this.#waiting[index] = undefined;
    this.count -= 1;
    this.size -= message.size;
  }

  #miss({ head }: Outgoing): void {
    this.dropped += 1;
    const { name } = head!;
    const key = this.#missed.size < maxKeys ? head!.key : undefined;
    const target = targetOf({ name, key });
    const count = (this.#missed.get(target)?.count ?? 0) + 1;
    this.#missed.set(target, { name, key, count });
  }
}

function targetOf({ name, key }: Pick<EventHead, "name" | "key">): string {
  return `${name} ${typeof key} ${key}`;
}
