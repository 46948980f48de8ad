import { slice } from "./work-queue.js";

/** Tells a guarded queue when the event loop is to have its turn. */
export class Slices {
  readonly #stride: number;
  #count = 0;
  #end = 0;
  #over = false;

  /** @param stride the clock is read once for so many entries, for a reading costs a part of what a queue does itself. */
  constructor(stride: number) {
    this.#stride = stride;
  }

  begin(): void {
    this.#over = false;
    this.#end = performance.now() + slice;
  }

  /** Asked for each entry: whether it has to wait until the event loop has had its turn. */
  over(): boolean {
    this.#count += 1;
    if (!this.#over && this.#count % this.#stride === 0 && performance.now() >= this.#end) {
      this.#over = true;
      setImmediate(() => this.begin());
    }
    return this.#over;
  }
}
