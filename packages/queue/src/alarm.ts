import type { Runtime } from "./runtime.js";

/** One timer for the earliest of many times. */
export class Alarm {
  readonly #runtime: Runtime;
  readonly #ring: () => void;
  #cancel: (() => void) | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(runtime: Runtime, ring: () => void) {
    this.#runtime = runtime;
    this.#ring = ring;
  }

  /** Rings at `dueAt` on the monotonic clock or, as timers do, a little before or after; sooner if it was set so. */
  set(dueAt: number): void {
    if (dueAt >= this.#dueAt) return;
    this.clear();
    this.#dueAt = dueAt;
    const wait = Math.max(0, Math.ceil(dueAt - this.#runtime.monotonic()));
    this.#cancel = this.#runtime.timer(() => {
      this.clear();
      this.#ring();
    }, wait);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}
