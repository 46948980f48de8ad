import type { Runtime } from "@eventwire/core";
import { Watchers } from "./watchers.js";

interface Hint {
  readonly names: readonly string[] | "all";
  readonly dueAt: number | undefined;
}

/** Who wants to be told of tasks of some names. */
export class TaskWatchers {
  readonly #watchers: Watchers<[Hint]>;

  /** @param changed is told when the first has come, and when the last has gone. */
  constructor(runtime: Runtime, changed: () => void) {
    this.#watchers = new Watchers(runtime, changed);
  }

  get some(): boolean {
    return this.#watchers.some;
  }

  add(wanted: readonly string[], hint: (dueAt?: number) => void): () => void {
    const isWanted = new Set(wanted);
    return this.#watchers.add(({ names, dueAt }) => {
      if (names === "all" || names.some((name) => isWanted.has(name))) hint(dueAt);
    });
  }

  /** @param dueAt when there may be something to claim, in milliseconds since the Unix epoch. Default: now. */
  tell(names: readonly string[] | "all", dueAt?: number): void {
    if (names === "all" || names.length > 0) this.#watchers.tell({ names, dueAt });
  }
}
