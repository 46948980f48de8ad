import type { OpenOutbox, OutboxState, Runtime } from "@eventwire/core";

/** How long to wait after a failure, in milliseconds: the first time, and at most. */
const firstWait = 100;
const longestWait = 10_000;

/**
 * Has an outbox keep how far it has come: one write at a time, and what comes meanwhile in the next one. What fails is tried again, and
 * reported once for a row of failures.
 */
export class OutboxKeeping {
  readonly #outbox: OpenOutbox;
  readonly #runtime: Runtime;
  readonly #report: (error: unknown) => void;
  #done = 0;
  #state: OutboxState | undefined;
  #kept: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #stopWaiting: (() => void) | undefined;
  #ended = false;

  constructor(outbox: OpenOutbox, runtime: Runtime, report: (error: unknown) => void) {
    this.#outbox = outbox;
    this.#runtime = runtime;
    this.#report = report;
  }

  /** Lets go of the next `done` entries and keeps the state. Resolves when that is kept; never where it has ended before. */
  keep(done: number, state: OutboxState): Promise<void> {
    this.#done += done;
    this.#state = state;
    return new Promise((resolve) => {
      this.#kept.push(resolve);
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing more is written: what is under way is waited for, what failed is not tried again. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#stopWaiting?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; this.#state; ) {
      const done = this.#done;
      const state = this.#state;
      const kept = this.#kept;
      this.#done = 0;
      this.#state = undefined;
      this.#kept = [];
      try {
        await this.#outbox.advance(done, state);
        failures = 0;
        for (const resolve of kept) resolve();
      } catch (error) {
        if (this.#ended) return;
        this.#done += done;
        this.#state ??= state;
        this.#kept = [...kept, ...this.#kept];
        if (failures++ === 0) this.#report(error);
        await this.#wait(Math.min(longestWait, firstWait * 2 ** (failures - 1)));
        if (this.#ended) return;
      }
    }
    this.#running = undefined;
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#runtime.timer(resolve, milliseconds);
      this.#stopWaiting = () => {
        cancel();
        resolve();
      };
    });
  }
}
