import type { Frame } from "@eventwire/core";
import type { Outgoing } from "./outgoing.js";
import type { Parts } from "./parts.js";
import { everything } from "./subject.js";
import { mayGo, type Waiting, WaitingLine } from "./waiting-line.js";

/** A message that is sent in parts, and what must not overtake it. It waits, then it is being sent, then it is over. */
export class Large {
  /** What it is sent in order with. */
  readonly order: string | undefined;
  readonly followers = new WaitingLine();
  /** How many small messages had come when it became the first of its lane: they go before it. */
  behind = 0;
  #waiting: Waiting | undefined;
  readonly #bytes: number;
  /** While it is being sent. What was sent is not kept: its memory is free before the last part has gone. */
  #frames: (Frame | undefined)[] = [];
  #next = 0;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
    this.#bytes = waiting.size;
    this.order = waiting.message.order;
  }

  /** While nothing of it was sent. */
  get waiting(): Waiting | undefined {
    return this.#waiting;
  }

  /** Whether some of it was sent: the rest is then sent as well, or given up by saying so. */
  get begun(): boolean {
    return this.#next < this.#frames.length;
  }

  /** Whether nothing more of it is to be sent: its followers go when its turn comes. */
  get over(): boolean {
    return !this.#waiting && !this.begun;
  }

  /** What of it is to be sent weighs, with what is behind it. */
  get size(): number {
    const left = this.begun ? 1 - this.#next / this.#frames.length : this.#waiting ? 1 : 0;
    return this.followers.size + Math.ceil(left * this.#bytes);
  }

  /** @param cut cuts it when its first part is sent. */
  next(cut: (message: Outgoing) => Parts): Frame {
    if (this.#waiting) {
      this.#frames = [...cut(this.#waiting.message).frames];
      this.#waiting = undefined;
    }
    const frame = this.#frames[this.#next]!;
    this.#frames[this.#next++] = undefined;
    return frame;
  }

  giveUp(): void {
    this.#waiting = undefined;
    this.#frames = [];
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
    return this.#larges.reduce((count, { over, followers }) => count + followers.count + (over ? 0 : 1), 0);
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
      const { waiting, followers } = large;
      if (waiting && targetOf(waiting.message) === target) {
        large.giveUp();
        return waiting;
      }
      const replaced = followers.replaced(target);
      if (replaced) return replaced;
    }
    return undefined;
  }

  /** The oldest event that may go for what is newer, and what takes it out. */
  oldestEvent(): { readonly waiting: Waiting; readonly drop: () => void } | undefined {
    for (const large of this.#larges) {
      const { waiting, followers } = large;
      if (waiting && mayGo(waiting)) return { waiting, drop: () => large.giveUp() };
      const follower = followers.oldestEvent;
      if (follower) return { waiting: follower, drop: () => followers.dropOldestEvent() };
    }
    return undefined;
  }

  /** The messages of this order that are not sent to their end. */
  of(order: string): readonly Large[] {
    return this.#larges.filter((large) => large.order === order && !large.over);
  }

  clear(): void {
    this.#larges = [];
  }
}
