import type { Key } from "@eventwire/core";
import { type Large, LargeLane } from "./large-lane.js";
import type { EventHead, Outgoing } from "./outgoing.js";
import { type Waiting, WaitingLine } from "./waiting-line.js";

/** How long a live event may wait for a peer that takes nothing, in milliseconds. */
const maxAge = 10_000;
/** What stands around a text in a frame of text, and in one of bytes. */
const aroundText = 1;
const aroundPacked = 6;
/** Of how many keys of a name it is told apart what was missed. */
const maxKeys = 100;

/** Events of a name, or of one key of it, that were given up. */
export interface Missed {
  readonly name: string;
  /** `undefined`: of any. */
  readonly key: Key | undefined;
  readonly count: number;
}

/**
 * What waits for a link that is full, in order. Of volatile events the newest of each key waits, live ones wait within a
 * bound of bytes and time, and go as their overflow says; all else waits. What is sent in parts waits in a lane of its own, and
 * with it what must not overtake it.
 */
export class SendQueue {
  readonly #line = new WaitingLine();
  readonly #lane = new LargeLane();
  readonly #keeps: boolean;
  readonly #missed = new Map<string, Missed>();
  /** How many events have given way to newer ones of their key, and how many were given up. */
  conflated = 0;
  dropped = 0;

  /** @param keeps whether no live event may go: who sends refused what would be too much before. */
  constructor(keeps = false) {
    this.#keeps = keeps;
  }

  /** How many messages wait. */
  get count(): number {
    return this.#line.count + this.#lane.count;
  }

  /** What they weigh. */
  get size(): number {
    return this.#line.size + (this.#lane.empty ? 0 : this.#lane.size);
  }

  /** Whether no small message may go, and nothing is to be told of what no longer waits. */
  get idle(): boolean {
    return this.#line.count === 0 && this.#missed.size === 0;
  }

  /** Whether it would overtake what is sent in parts, and must not. */
  holds(message: Outgoing): boolean {
    return !this.#lane.empty && this.#lane.before(message) !== undefined;
  }

  /**
   * @param limit how many bytes may wait.
   * @param inParts whether it is sent in parts.
   * @returns false where more than that waits and nothing may go for it.
   */
  push(message: Outgoing, now: number, limit: number, inParts = false): boolean {
    const { head, size } = message;
    if (head?.delivery === "live" && head.overflow !== "drop-oldest" && this.size + size > limit) {
      if (this.#keeps || head.overflow === "disconnect") return false;
      this.#miss(message);
      return true;
    }
    const target = volatileTarget(message);
    if (target !== undefined) this.#conflate(target);
    const waiting = { message, size, since: now };
    if (inParts) this.#lane.push(waiting, this.#line.come);
    else (this.#lane.before(message)?.followers ?? this.#line).push(waiting, target);
    while (this.size > limit) if (this.#keeps || !this.#dropOldest()) return false;
    return true;
  }

  /** How many places are held, also of what has gone. */
  get places(): number {
    return this.#line.places;
  }

  /** Takes messages from the front: at least one, and no more than `most` of up to `bytes` bytes together, as a frame holds them. */
  take(now: number, bytes: number, most: number): readonly Outgoing[] {
    const taken: Outgoing[] = [];
    let left = bytes;
    let isText = true;
    for (let first = this.#line.first; first && taken.length < most; first = this.#line.first) {
      const { message } = first;
      if (this.#isTooOld(first, now)) {
        this.#line.shift();
        this.#miss(message);
        continue;
      }
      if (isText && message.text === undefined) {
        isText = false;
        left -= taken.length * (aroundPacked - aroundText);
      }
      left -= message.bytes + (isText ? aroundText : aroundPacked);
      if (taken.length > 0 && left < 0) break;
      this.#line.shift();
      taken.push(message);
    }
    return taken;
  }

  /** The message of which the next part may be sent. One begins when what was small and before it has gone. */
  large(now: number): Large | undefined {
    for (let large = this.#lane.first; large; large = this.#lane.first) {
      const { waiting, begun } = large;
      if (begun) return large;
      if (waiting) {
        if (!this.#line.passed(large.behind)) return undefined;
        if (!this.#isTooOld(waiting, now)) return large;
        this.#miss(waiting.message);
      }
      const followers = this.#lane.shift(this.#line.come);
      for (let next = followers.shift(); next; next = followers.shift())
        this.#line.push(next, volatileTarget(next.message));
    }
    return undefined;
  }

  /**
   * Gives up what is sent in parts of this order.
   *
   * @returns whether any of it waited, and whether some was sent already.
   */
  withdraw(order: string): "nothing" | "unsent" | "begun" {
    let withdrawn: "nothing" | "unsent" | "begun" = "nothing";
    for (const large of this.#lane.of(order)) {
      if (withdrawn !== "begun") withdrawn = large.begun ? "begun" : "unsent";
      large.giveUp();
    }
    return withdrawn;
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
    this.#line.clear();
    this.#lane.clear();
  }

  #isTooOld({ message, since }: Waiting, now: number): boolean {
    return !this.#keeps && message.head?.delivery === "live" && now - since > maxAge;
  }

  #conflate(target: string): void {
    if (this.#line.replaced(target) ?? this.#lane.replaced(target, volatileTarget)) this.conflated += 1;
  }

  #dropOldest(): boolean {
    const first = this.#line.oldestEvent;
    const other = this.#lane.oldestEvent();
    const oldest = other && (!first || other.waiting.since < first.since) ? other.waiting : first;
    if (!oldest) return false;
    if (oldest === first) this.#line.dropOldestEvent();
    else other!.drop();
    if (oldest.message.head!.delivery === "live") this.#miss(oldest.message);
    else this.dropped += 1;
    return true;
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

/** What a volatile event is the newest of; `undefined` for what is not volatile. */
function volatileTarget({ head }: Outgoing): string | undefined {
  return head?.delivery === "volatile" ? targetOf(head) : undefined;
}

function targetOf({ name, key }: Pick<EventHead, "name" | "key">): string {
  return `${name} ${typeof key} ${key}`;
}
