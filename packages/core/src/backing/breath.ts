import type { Runtime } from "@eventwire/queue";

/** For how long work may hold the event loop, in milliseconds. */
const slice = 5;

/** Lets the event loop have its turn between pieces of work that wait for nothing else, for all who share it together. */
export class Breath {
  readonly #runtime: Runtime;
  #until: number;
  #turn: Promise<void> | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#until = runtime.monotonic() + slice;
  }

  /** What to wait for before more is done; nothing as long as the event loop was not held for long. */
  get due(): Promise<void> | undefined {
    if (!this.#turn && this.#runtime.monotonic() >= this.#until) {
      this.#turn = new Promise((resolve) =>
        this.#runtime.macrotask(() => {
          this.#turn = undefined;
          this.#until = this.#runtime.monotonic() + slice;
          resolve();
        }),
      );
    }
    return this.#turn;
  }
}
