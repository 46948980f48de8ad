import type { Runtime } from "@eventwire/queue";

/** Waits for time to pass, all of which can be ended at once. */
export class Pauses {
  readonly #runtime: Runtime;
  readonly #pauses = new Set<() => void>();
  #ended = false;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Resolves when the time is over, or at the end. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Calls `then` once: when the time is over, if ever, or at the end. The result takes that back. */
  after(milliseconds: number, then: () => void): () => void {
    if (this.#ended) {
      then();
      return () => undefined;
    }
    const end = () => {
      cancel();
      then();
    };
    // A timer keeps a process alive, so there is none for what never comes.
    const forever = milliseconds === Number.POSITIVE_INFINITY;
    const cancelTimer = forever ? undefined : this.#runtime.timer(end, milliseconds);
    const cancel = () => {
      cancelTimer?.();
      this.#pauses.delete(end);
    };
    this.#pauses.add(end);
    return cancel;
  }

  end(): void {
    this.#ended = true;
    for (const end of [...this.#pauses]) end();
  }
}
