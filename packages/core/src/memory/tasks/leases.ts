import type { HeldTask } from "./held-task.js";

/** The tasks of a name that are under lease: each until it is taken over, once it was not extended in time. */
export class Leases {
  readonly #until = new Map<HeldTask, number>();
  readonly #byOwner = new Map<string, Set<HeldTask>>();
  /** None is over before then. */
  #earliest = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#until.size;
  }

  /** Those that an owner has. */
  of(owner: string): readonly HeldTask[] {
    return [...(this.#byOwner.get(owner) ?? [])];
  }

  set(task: HeldTask, until: number): void {
    this.#until.set(task, until);
    const those = this.#byOwner.get(task.owner) ?? new Set();
    this.#byOwner.set(task.owner, those.add(task));
    this.#earliest = Math.min(this.#earliest, until);
  }

  delete(task: HeldTask): void {
    this.#until.delete(task);
    const those = this.#byOwner.get(task.owner);
    if (those?.delete(task) && those.size === 0) this.#byOwner.delete(task.owner);
    if (this.#until.size === 0) this.#earliest = Number.POSITIVE_INFINITY;
  }

  /** When the next is over, or some time before, and then after `now`. */
  nextAt(now: number): number {
    if (this.#earliest > now) return this.#earliest;
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const until of this.#until.values()) this.#earliest = Math.min(this.#earliest, until);
    return this.#earliest;
  }

  /** Takes out what is over. */
  takeOver(now: number): readonly HeldTask[] {
    if (this.nextAt(now) > now) return [];
    const over = [...this.#until].filter(([, until]) => until <= now).map(([task]) => task);
    for (const task of over) this.delete(task);
    return over;
  }
}
