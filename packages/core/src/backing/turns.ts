import type { Runtime } from "@eventwire/queue";

/**
 * Lets so many work at once, and the event loop turn before each: so what is due meanwhile, such as leases that are to be kept, does
 * not wait until all of them are done.
 */
export class Turns {
  readonly #runtime: Runtime;
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(runtime: Runtime, atOnce: number) {
    this.#runtime = runtime;
    this.#atOnce = atOnce;
  }

  /** Rejects with what `work` does. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await new Promise<void>((resolve) => this.#runtime.macrotask(resolve));
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
