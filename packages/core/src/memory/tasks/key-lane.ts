import { Order } from "@eventwire/queue";
import type { Key } from "../../key.js";
import { type HeldTask, outranks, urgency } from "./held-task.js";

/**
 * What is known of a key while a task of it is due or under way. As long as nothing blocks the key, the first of its tasks
 * is in `ready`, among those of other keys; the rest is parked here.
 */
export class KeyLane {
  readonly key: Key;
  /** What blocks the key: a task under way, or one that waits for another attempt. */
  holder: HeldTask | undefined = undefined;
  /** What is first of it, while its rate is used up. */
  resting: HeldTask | undefined = undefined;
  readonly #ready: Order<HeldTask>;
  readonly #parked = new Order<HeldTask>(urgency);
  #front: HeldTask | undefined = undefined;
  /** How many of its tasks are in `ready`, the holder apart. */
  #count = 0;

  constructor(key: Key, ready: Order<HeldTask>) {
    this.key = key;
    this.#ready = ready;
  }

  get idle(): boolean {
    return this.#count === 0 && this.holder === undefined && this.resting === undefined;
  }

  /** Those that are due and not in `ready`. */
  *[Symbol.iterator](): Generator<HeldTask, void, undefined> {
    yield* this.#parked;
    if (this.resting?.waiting) yield this.resting;
  }

  add(task: HeldTask): void {
    if (this.#blocks(task) || (this.#front !== undefined && !outranks(task, this.#front))) this.#park(task);
    else this.#bringForward(task);
  }

  /** Whether a task, the first of `ready`, may be taken; where it may not, it is parked. */
  lets(task: HeldTask): boolean {
    if (!this.#blocks(task)) return true;
    this.#leaveReady(task);
    this.#park(task);
    return false;
  }

  /** Takes a task, the first of `ready`, which it lets. */
  take(task: HeldTask): void {
    this.#leaveReady(task);
    this.holder = task;
  }

  /** Keeps back a task, the first of `ready`, and all others of the key. */
  rest(task: HeldTask): void {
    this.#leaveReady(task);
    this.resting = task;
  }

  wake(): void {
    const task = this.resting;
    this.resting = undefined;
    if (task?.waiting && this.holder === task) this.#toReady(task);
    else {
      if (task?.waiting) this.#park(task);
      this.#next();
    }
  }

  /** The holder waits in its place, as one of many. */
  release(task: HeldTask): void {
    this.#park(task);
    this.free();
  }

  /** The holder is to be tried again, before all others of its key. */
  again(task: HeldTask): void {
    this.#toReady(task);
  }

  free(): void {
    this.holder = undefined;
    this.#next();
  }

  /** A task of it was cancelled. */
  left(task: HeldTask): void {
    const { order } = task;
    if (order === this.#ready && this.holder !== task) {
      this.#count -= 1;
      if (this.#front === task) this.#front = undefined;
    }
    order?.left();
    task.order = undefined;
    if (this.holder === task) this.free();
    else if (this.#count === 0) this.#next();
  }

  #blocks(task: HeldTask): boolean {
    return this.resting !== undefined || (this.holder !== undefined && this.holder !== task);
  }

  #next(): void {
    if (this.holder !== undefined || this.resting !== undefined) return;
    const task = this.#parked.shift();
    if (task !== undefined) this.#bringForward(task);
  }

  #bringForward(task: HeldTask): void {
    this.#front = task;
    this.#count += 1;
    this.#toReady(task);
  }

  #toReady(task: HeldTask): void {
    this.#ready.add(task);
    task.order = this.#ready;
  }

  #leaveReady(task: HeldTask): void {
    this.#ready.remove(task);
    task.order = undefined;
    if (this.holder === task) return;
    this.#count -= 1;
    if (this.#front === task) this.#front = undefined;
  }

  #park(task: HeldTask): void {
    this.#parked.add(task);
    task.order = this.#parked;
  }
}
