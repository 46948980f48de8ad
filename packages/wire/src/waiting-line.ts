import type { Outgoing } from "./outgoing.js";

export interface Waiting {
  readonly message: Outgoing;
  /** What it weighed when it came: its event may be encoded once more for others. */
  readonly size: number;
  /** Since when, on the monotonic clock. */
  readonly since: number;
}

interface Place extends Waiting {
  /** How many had come before it. */
  readonly number: number;
}

/** Up to so many holes are left alone. */
const fewHoles = 64;

/** Messages that wait, in order. What has gone from between leaves a hole. */
export class WaitingLine {
  #waiting: (Place | undefined)[] = [];
  #first = 0;
  /** How many have come so far. */
  come = 0;
  /** Where the newest volatile event of each name and key waits. */
  readonly #newest = new Map<string, number>();
  /** Before it there is no event that may go. */
  #oldestEvent = 0;
  count = 0;
  /** What those that wait weigh. */
  size = 0;

  /** How many places are held, also of what has gone. */
  get places(): number {
    return this.#waiting.length;
  }

  /** Whether none waits any more of those that had come when so many had. */
  passed(come: number): boolean {
    const { first } = this;
    return first === undefined || first.number >= come;
  }

  /** @param target what volatile events are the newest of. */
  push(waiting: Waiting, target?: string): void {
    if (this.#waiting.length > 2 * this.count + fewHoles) this.#closeUp();
    if (target !== undefined) this.#newest.set(target, this.#waiting.length);
    this.#waiting.push({ ...waiting, number: this.come++ });
    this.count += 1;
    this.size += waiting.size;
  }

  /** The one that has waited longest. */
  get first(): Place | undefined {
    if (this.count === 0) return undefined;
    while (!this.#waiting[this.#first]) this.#first += 1;
    return this.#waiting[this.#first];
  }

  /** Takes out the first one. */
  shift(): Waiting | undefined {
    return this.first && this.#remove(this.#first);
  }

  /** Takes out the volatile event that a newer one replaces. */
  replaced(target: string): Waiting | undefined {
    const older = this.#newest.get(target);
    return older !== undefined && older >= this.#first && this.#waiting[older]
      ? this.#remove(older)
      : undefined;
  }

  /** The oldest event that may go for what is newer. */
  get oldestEvent(): Waiting | undefined {
    this.#oldestEvent = Math.max(this.#oldestEvent, this.#first);
    for (; this.#oldestEvent < this.#waiting.length; this.#oldestEvent++) {
      const waiting = this.#waiting[this.#oldestEvent];
      if (waiting && mayGo(waiting)) return waiting;
    }
    return undefined;
  }

  /** Takes out {@link oldestEvent}. */
  dropOldestEvent(): void {
    if (this.oldestEvent) this.#remove(this.#oldestEvent);
  }

  clear(): void {
    this.#waiting = [];
    this.#first = 0;
    this.#oldestEvent = 0;
    this.#newest.clear();
    this.count = 0;
    this.size = 0;
  }

  /** Closes the holes: who takes slowly, and never all, would have ever more of them. */
  #closeUp(): void {
    const kept: Place[] = [];
    const moved = new Map<number, number>();
    for (const [index, place] of this.#waiting.entries()) {
      if (!place) continue;
      moved.set(index, kept.length);
      kept.push(place);
    }
    for (const [target, index] of this.#newest) {
      const at = moved.get(index);
      if (at === undefined) this.#newest.delete(target);
      else this.#newest.set(target, at);
    }
    this.#waiting = kept;
    this.#first = 0;
    this.#oldestEvent = 0;
  }

  #remove(index: number): Waiting {
    const waiting = this.#waiting[index]!;
    this.#waiting[index] = undefined;
    if (index === this.#first) this.#first += 1;
    this.count -= 1;
    this.size -= waiting.size;
    if (this.count === 0) this.clear();
    return waiting;
  }
}

/** Whether it is an event that may go for what is newer. */
export function mayGo({ message: { head } }: Waiting): boolean {
  return head !== undefined && !(head.delivery === "live" && head.overflow === "disconnect");
}
