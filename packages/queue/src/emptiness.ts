import { AbortedError } from "./errors/aborted-error.js";
import type { Runtime } from "./runtime.js";

/** Tells who waits for a queue to be empty. */
export class Emptiness {
  readonly #name: string;
  readonly #isEmpty: () => boolean;
  readonly #waiting = new Set<() => void>();

  constructor(name: string, isEmpty: () => boolean) {
    this.#name = name;
    this.#isEmpty = isEmpty;
  }

  /** It may have become empty. */
  check(): void {
    if (this.#waiting.size === 0 || !this.#isEmpty()) return;
    for (const tell of this.#waiting) tell();
  }

  /** @throws {AbortedError} when the signal aborts before it is empty. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(tell);
        signal?.removeEventListener("abort", abort);
      };
      const tell = () => {
        end();
        resolve();
      };
      const abort = () => {
        end();
        reject(new AbortedError(this.#name, signal?.reason, `Waiting until "${this.#name}" is empty`));
      };
      this.#waiting.add(tell);
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort);
      this.check();
    });
  }

  /** Resolves when it is empty or so many milliseconds have passed. */
  waitAtMost(runtime: Runtime, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const tell = () => {
        this.#waiting.delete(tell);
        cancel();
        resolve();
      };
      const cancel = runtime.timer(tell, milliseconds);
      this.#waiting.add(tell);
      this.check();
    });
  }
}
