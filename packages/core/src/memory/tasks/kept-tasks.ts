import { Order } from "@eventwire/queue";
import type { HeldTask } from "./held-task.js";

/** What became of a task, kept for a time. */
interface Kept {
  readonly id: number;
  readonly until: number;
  readonly bytes: number;
  readonly task: HeldTask;
  waiting: boolean;
  next: Kept | undefined;
}

/** How tasks that are over ended, each for its time; of too many, those go that would go next. */
export class KeptTasks {
  readonly #count: number;
  readonly #bytes: number;
  readonly #forget: (task: HeldTask) => void;
  readonly #byEnd = new Order<Kept>(({ until }) => until);
  readonly #kept = new Map<HeldTask, Kept>();
  #heldBytes = 0;
  #id = 0;

  /** @param forget told of each that goes. */
  constructor(count: number, bytes: number, forget: (task: HeldTask) => void) {
    this.#count = count;
    this.#bytes = bytes;
    this.#forget = forget;
  }

  add(task: HeldTask, until: number): void {
    const bytes = (task.result?.length ?? 0) + (task.progress?.length ?? 0);
    const kept: Kept = { id: ++this.#id, until, bytes, task, waiting: true, next: undefined };
    this.#kept.set(task, kept);
    this.#byEnd.add(kept);
    this.#heldBytes += bytes;
    while (this.#kept.size > this.#count || this.#heldBytes > this.#bytes) this.#drop(this.#byEnd.first()!);
  }

  sweep(now: number): void {
    for (let first = this.#byEnd.first(); first && first.until <= now; first = this.#byEnd.first()) {
      this.#drop(first);
    }
  }

  delete(task: HeldTask): void {
    const kept = this.#kept.get(task);
    if (kept) this.#drop(kept);
  }

  #drop(kept: Kept): void {
    kept.waiting = false;
    this.#byEnd.left();
    this.#kept.delete(kept.task);
    this.#heldBytes -= kept.bytes;
    this.#forget(kept.task);
  }
}
