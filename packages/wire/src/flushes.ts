import type { Frame, Runtime } from "@eventwire/core";
import { frameSize } from "./utf8.js";

/** Something that has gathered what a turn brings. */
export interface Flushed {
  flush(): void;
}

/**
 * What channels have in common that send in the same turn: one microtask for all of them, since each costs, and often one frame,
 * which is measured once.
 */
export class Flushes {
  readonly #runtime: Runtime;
  #due: Flushed[] = [];
  #frame: Frame = "";
  #size = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Has it flushed when the current synchronous code has ended. What it throws stops the others, so it should not. */
  schedule(flushed: Flushed): void {
    if (this.#due.push(flushed) > 1) return;
    this.#runtime.microtask(() => {
      const due = this.#due;
      this.#due = [];
      for (const each of due) each.flush();
    });
  }

  /** How many bytes a frame takes; asked for the same one by one channel after the other. */
  sizeOf(frame: Frame): number {
    if (typeof frame !== "string") return frame.byteLength;
    if (this.#frame !== frame) {
      this.#frame = frame;
      this.#size = frameSize(frame);
    }
    return this.#size;
  }
}
