import type { Runtime } from "@eventwire/queue";

/** Who wants to be told of something. One that throws stops neither the others nor who tells. */
export class Watchers<Args extends readonly unknown[]> {
  readonly #runtime: Runtime;
  readonly #watchers = new Set<(...args: Args) => void>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** The result ends it. One function may be added twice, and is then told twice. */
  add(watch: (...args: Args) => void): () => void {
    const watcher = (...args: Args) => watch(...args);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
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
