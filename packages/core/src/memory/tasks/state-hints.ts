import type { Runtime } from "@eventwire/queue";
import { Watchers } from "../watchers.js";

/** Tells who watches the states of the tasks of a name that they may have changed: of one turn, once. */
export class StateHints {
  readonly #runtime: Runtime;
  readonly #watchers = new Map<string, Watchers<[]>>();
  readonly #told = new Set<string>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  watch(names: readonly string[], hint: () => void): () => void {
    const stops = [...new Set(names)].map((name) => {
      const watchers = this.#watchers.get(name) ?? new Watchers(this.#runtime);
      this.#watchers.set(name, watchers);
      return watchers.add(() => hint());
    });
    return () => {
      for (const stop of stops) stop();
    };
  }

  changed(name: string): void {
    const watchers = this.#watchers.get(name);
    if (!watchers || watchers.size === 0 || this.#told.has(name)) return;
    this.#told.add(name);
    this.#runtime.microtask(() => {
      this.#told.delete(name);
      watchers.tell();
    });
  }
}
