import type { Settlement } from "../broker.js";
import { Committer } from "./committer.js";
import type { Store } from "./store.js";

/** What became of tasks, on its way to the broker: those of a turn together. */
export class Settlements {
  readonly #committer: Committer<Settlement, boolean>;

  constructor(store: Store) {
    this.#committer = new Committer(store.runtime, (batch) =>
      store.persist("settle tasks", () => store.tasks.settle(batch)),
    );
  }

  /** Resolves with whether the lease still held. */
  settle(settlement: Settlement): Promise<boolean> {
    return this.#committer.commit(settlement, 0);
  }

  idle(): Promise<void> {
    return this.#committer.idle();
  }
}
