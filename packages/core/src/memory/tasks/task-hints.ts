import type { Runtime } from "@eventwire/queue";
import { Watchers } from "../watchers.js";

/** Tells who watches the tasks of a name that one may be due, once after each claim that found too few. */
export class TaskHints {
  readonly #runtime: Runtime;
  readonly #watchers: Watchers<[]>;
  /** When time alone brings something, on the monotonic clock. */
  readonly #nextAt: () => number;
  #armed = false;
  #scheduled = false;
  #timer: { readonly due: number; readonly cancel: () => void } | undefined;

  constructor(runtime: Runtime, nextAt: () => number) {
    this.#runtime = runtime;
    this.#watchers = new Watchers(runtime);
    this.#nextAt = nextAt;
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  watch(hint: () => void): () => void {
    const stop = this.#watchers.add(() => hint());
    this.#tell();
    return () => {
      stop();
      this.setTimer();
    };
  }

  /** A claim has found less than it was to. */
  arm(): void {
    this.#armed = true;
    this.setTimer();
  }

  /** Something may be there to claim. */
  wake(): void {
    if (this.#armed) this.#tell();
  }

  setTimer(): void {
    const due = this.#armed && this.#watchers.size > 0 ? this.#nextAt() : Number.POSITIVE_INFINITY;
    if (due === this.#timer?.due) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (due === Number.POSITIVE_INFINITY) return;
    const ring = () => {
      this.#timer = undefined;
      if (this.#nextAt() <= this.#runtime.monotonic()) this.wake();
      else this.setTimer();
    };
    const wait = Math.max(0, Math.ceil(due - this.#runtime.monotonic()));
    this.#timer = { due, cancel: this.#runtime.timer(ring, wait) };
  }

  /** Later, never from within a call to the broker. */
  #tell(): void {
    this.#armed = false;
    this.setTimer();
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#runtime.microtask(() => {
      this.#scheduled = false;
      this.#watchers.tell();
    });
  }
}
