import type { Oracle } from "../oracle.js";

/** What outboxes keep, which outlives who has emitted it: somebody sends it, whether anybody waits for that or not. */
export class KeptEvents {
  readonly #oracle: Oracle;
  readonly #ids = new Set<string>();

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  kept(id: string): void {
    this.#ids.add(id);
  }

  /** What nobody was given yet: who is given it shows that it is in the log. */
  lost(): readonly string[] {
    for (const id of this.#ids) if ((this.#oracle.event(id)?.seenBy.size ?? 0) > 0) this.#ids.delete(id);
    return [...this.#ids].map((id) => `${id}, which an outbox kept`);
  }
}
