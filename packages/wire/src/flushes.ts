import type { Frame, Runtime } from "@eventwire/core";
import { frameSize } from "./utf8.js";

/** Something that has gathered what is to be sent. */
export interface Flushed {
  flush(): void;
}

/** How long what is sent in turns that follow each other closely may gather, in milliseconds. */
const gatherFor = 0.25;
/** In how many turns at most: a clock may be coarse, as in browsers that hide the time, or stand still, as in tests. */
const gatherTurns = 256;

/**
 * When channels send what they have, all by one task, since each costs: at the end of the turn, or where they have much to say and nobody
 * waits for an answer, when the turns bring nothing more, at most a quarter of a millisecond later. What they
 * send is often one frame, which is measured once.
 */
export class Flushes {
  readonly #runtime: Runtime;
  #due: Flushed[] = [];
  #gathering: Flushed[] = [];
  #since = 0;
  /** Whether there was something to send since this was last looked at. */
  #touched = false;
  #frame: Frame = "";
  #size = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Has it flushed when the current synchronous code has ended. What it throws stops the others, so it should not. */
  soon(flushed: Flushed): void {
    if (this.#due.push(flushed) > 1) return;
    this.#runtime.microtask(() => {
      const due = this.#due;
      this.#due = [];
      for (const each of due) each.flush();
    });
  }

  /** Has it flushed when no more comes, or after a while. */
  gather(flushed: Flushed): void {
    this.#touched = true;
    if (this.#gathering.push(flushed) > 1) return;
    this.#since = this.#runtime.monotonic();
    this.#watch(gatherTurns);
  }

  /** There is more of what gathers. */
  touch(): void {
    this.#touched = true;
  }

  #watch(turns: number): void {
    this.#runtime.macrotask(() => {
      if (this.#touched && turns > 0 && this.#runtime.monotonic() - this.#since < gatherFor) {
        this.#touched = false;
        this.#watch(turns - 1);
        return;
      }
      const gathered = this.#gathering;
      this.#gathering = [];
      for (const each of gathered) each.flush();
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
