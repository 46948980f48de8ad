import type { Subscription } from "@eventwire/core";
import { subscription } from "@eventwire/core/attach";

/** A value and those who watch it. */
export class Watched<Value> {
  readonly #watchers = new Set<{ readonly listener: (value: Value) => void }>();
  readonly #failed: (error: unknown) => void;
  #current: Value;

  constructor(value: Value, failed: (error: unknown) => void) {
    this.#current = value;
    this.#failed = failed;
  }

  get current(): Value {
    return this.#current;
  }

  set(value: Value): void {
    this.#current = value;
    for (const watcher of [...this.#watchers]) {
      // One that was told before may have stopped it.
      if (this.#watchers.has(watcher)) this.#tell(watcher.listener);
    }
  }

  watch(listener: (value: Value) => void, signal: AbortSignal | undefined): Subscription {
    const watcher = { listener };
    this.#watchers.add(watcher);
    const stop = subscription(() => this.#watchers.delete(watcher), signal);
    if (!signal?.aborted) this.#tell(listener);
    return stop;
  }

  #tell(listener: (value: Value) => void): void {
    try {
      listener(this.#current);
    } catch (error) {
      this.#failed(error);
    }
  }
}
