import type { Runtime } from "@eventwire/core";

/** Who wants to be told of something. One that throws stops neither the others nor who tells. */
export class Watchers<Args extends readonly unknown[]> {
  readonly #runtime: Runtime;
  readonly #changed: () => void;
  readonly #watchers = new Set<(...args: Args) => void>();

  /** @param changed is told when the first has come, and when the last has gone. */
  constructor(runtime: Runtime, changed: () => void) {
    this.#runtime = runtime;
    this.#changed = changed;
  }

  get some(): boolean {
    return this.#watchers.size > 0;
  }

  /** The result ends it. One function may be added twice, and is then told twice. */
  add(watch: (...args: Args) => void): () => void {
    const watcher = (...args: Args) => watch(...args);
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#changed();
    return () => {
      if (this.#watchers.delete(watcher) && !this.some) this.#changed();
    };
  }

  tell(...args: Args): void {
    for (const watch of this.#watchers) {
      try {
        watch(...args);
      } catch (error) {
        this.#runtime.uncaught(error);
      }
    }
  }
}
