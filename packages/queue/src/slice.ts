import type { Runtime } from "./runtime.js";

/** How long work goes on before the event loop has its turn, in milliseconds. */
const length = 5;
/** After how many steps the clock is read at the latest; it costs more than a short step. */
const longestStride = 16;

/** Cuts work into slices, between which the event loop has its turn. */
export class Slice {
  readonly #runtime: Runtime;
  readonly #goOn: () => void;
  #running = false;
  #over = false;
  #begunAt = 0;
  #readAt = 0;
  #stride = 1;
  #steps = 0;

  /** @param goOn called in the next slice, after work was told not to go on. */
  constructor(runtime: Runtime, goOn: () => void) {
    this.#runtime = runtime;
    this.#goOn = goOn;
  }

  /** Asked before each step. When it says no, the work goes on when it is called back. */
  goesOn(): boolean {
    if (!this.#running) this.#begin();
    else if (!this.#over && ++this.#steps >= this.#stride) this.#readClock();
    return !this.#over;
  }

  #begin(): void {
    this.#running = true;
    this.#begunAt = this.#readAt = this.#runtime.monotonic();
    this.#stride = 1;
    this.#steps = 0;
    this.#runtime.macrotask(() => {
      const over = this.#over;
      this.#running = this.#over = false;
      if (over) this.#goOn();
    });
  }

  #readClock(): void {
    const now = this.#runtime.monotonic();
    this.#over = now - this.#begunAt >= length;
    // Steps are expected to be as long as the last ones.
    const short = now - this.#readAt < length / 50;
    this.#stride = short ? Math.min(longestStride, 2 * this.#stride) : 1;
    this.#readAt = now;
    this.#steps = 0;
  }
}
