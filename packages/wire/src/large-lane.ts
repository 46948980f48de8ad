import type { Outgoing } from "./outgoing.js";
import type { Parts } from "./parts.js";
import { everything } from "./subject.js";
import { mayGo, type Waiting, WaitingLine } from "./waiting-line.js";

/** A message that is sent in parts, and what must not overtake it. */
export class Large {
  /** What it is sent in order with. */
  readonly order: string | undefined;
  readonly followers = new WaitingLine();
  /** How many small messages had come when it became the first of its lane: they go before it. */
  behind = 0;
  /** `undefined` when it has gone: its followers go when its turn comes. */
  waiting: Waiting | undefined;
  #parts: Parts | undefined;
  #next = 0;

  constructor(waiting: Waiting) {
    this.waiting = waiting;
    this.order = waiting.message.order;
  }

  /** Whether some of it was sent: it then goes on, or is ended by saying so. */
  get begun(): boolean {
    return this.#next > 0;
  }

  /** Whether all of it was sent. */
  get ended(): boolean {
    return this.#parts !== undefined && this.#next === this.#parts.frames.length;
  }

  /** What it weighs, and those behind it. Of what has begun the parts that were sent no longer count. */
  get size(): number {
    return this.followers.size + this.#left;
  }

  get #left(): number {
    if (!this.waiting) return 0;
    if (!this.#parts) return this.waiting.size;
    return Math.ceil(this.waiting.size * (1 - this.#next / this.#parts.frames.length));
  }

  /** @param cut cuts it when its first part is sent. */
  next(cut: (message: Outgoing) => Parts) {
    this.#parts ??= cut(this.waiting!.message);
    return this.#parts.frames[this.#next++]!;
  }
}

/** Messages that are sent in parts, one after the other, each with what must not overtake it. */
export class LargeLane {
  #larges: Large[] = [];

  get empty(): boolean {
    return this.#larges.length === 0;
  }

  get size(): number {
    return this.#larges.reduce((size, large) => size + large.size, 0);
  }

  get count(): number {
    return this.#larges.reduce(
      (count, { waiting, followers }) => count + followers.count + (waiting ? 1 : 0),
      0,
    );
  }

  get first(): Large | undefined {
    return this.#larges[0];
  }

  /** The last one that this message must not overtake. */
  before({ order }: Outgoing): Large | undefined {
    if (order === undefined || this.empty) return undefined;
    if (order === everything) return this.#larges.at(-1);
    return this.#larges.findLast((large) => large.order === order);
  }

  /** @param behind how many small messages have come so far. */
  push(waiting: Waiting, behind: number): void {
    const large = new Large(waiting);
    large.behind = behind;
    this.#larges.push(large);
  }

  /** Takes out the first one. */
  shift(behind: number): WaitingLine {
    const { followers } = this.#larges.shift()!;
    if (this.first) this.first.behind = behind + followers.count;
    return followers;
  }

  /** Takes out the volatile event that a newer one replaces, unless some of it was sent. */
  replaced(target: string, targetOf: (message: Outgoing) => string | undefined): Waiting | undefined {
    for (const large of this.#larges) {
      const { waiting, begun, followers } = large;
      if (waiting && !begun && targetOf(waiting.message) === target) return take(large);
      const replaced = followers.replaced(target);
      if (replaced) return replaced;
    }
    return undefined;
  }

  /** The oldest event that may go for what is newer, and what takes it out. */
  oldestEvent(): { readonly waiting: Waiting; readonly drop: () => void } | undefined {
    for (const large of this.#larges) {
      const { waiting, begun, followers } = large;
      if (waiting && !begun && mayGo(waiting)) return { waiting, drop: () => take(large) };
      const follower = followers.oldestEvent;
      if (follower) return { waiting: follower, drop: () => followers.dropOldestEvent() };
    }
    return undefined;
  }

  /** The messages of this order that are not sent to their end. */
  of(order: string): readonly Large[] {
    return this.#larges.filter((large) => large.order === order && large.waiting && !large.ended);
  }

  clear(): void {
    this.#larges = [];
  }
}

function take(large: Large): Waiting | undefined {
  const { waiting } = large;
  large.waiting = undefined;
  return waiting;
}
