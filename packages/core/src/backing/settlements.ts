import type { Settlement, Write, Written } from "../broker.js";
import { Committer } from "./committer.js";
import type { Store } from "./store.js";

/** What became of tasks, on its way to the broker: those of a turn together. */
export class Settlements {
  readonly #store: Store;
  readonly #committer: Committer<Settlement, boolean>;
  readonly #writing = new Set<Promise<void>>();

  constructor(store: Store) {
    this.#store = store;
    this.#committer = new Committer(store.runtime, (batch) =>
      store.insist("settle tasks", () => store.tasks.settle(batch)),
    );
  }

  /** Resolves with whether the lease still held. */
  settle(settlement: Settlement): Promise<boolean> {
    return this.#committer.commit(settlement, 0);
  }

  /** One that is written with what follows from it. Rejects with what the broker does, or an `UnknownOutcome`. */
  write(write: Write): Promise<Written> {
    return this.#store.persistByIds("settle a task", () => this.#store.broker.write(write), {
      insists: true,
    });
  }

  /** Counts among what is on its way. It must not reject. */
  include(settling: Promise<void>): void {
    this.#writing.add(settling);
    void settling.then(() => this.#writing.delete(settling));
  }

  async idle(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
    await this.#committer.idle();
  }
}
