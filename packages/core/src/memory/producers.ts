import type { Appended, Producer } from "../broker.js";

/** What each producer has appended last. */
export class Producers {
  readonly #states = new Map<string, { epoch: number; sequence: number }>();

  /** What stands against the next append of a producer; `undefined` when it is the next in its sequence, and then counts. */
  advance({
    id,
    epoch,
    sequence,
  }: Producer): Exclude<Appended["type"], "appended"> | "duplicate" | undefined {
    let state = this.#states.get(id);
    if (!state) {
      state = { epoch, sequence: 0 };
      this.#states.set(id, state);
    }
    if (epoch < state.epoch) return "fenced";
    state.epoch = epoch;
    if (sequence <= state.sequence) return "duplicate";
    if (sequence > state.sequence + 1) return "conflict";
    state.sequence = sequence;
    return undefined;
  }

  /** The first that is fenced or in conflict, where they append in this order. Nothing counts. */
  firstRefused(appending: readonly Producer[]): Producer | undefined {
    const trial = new Producers();
    for (const { id } of appending) {
      const state = this.#states.get(id);
      if (state) trial.#states.set(id, { ...state });
    }
    return appending.find((producer) => {
      const against = trial.advance(producer);
      return against === "fenced" || against === "conflict";
    });
  }

  /** The sequence that would be accepted next. */
  expected(id: string): number {
    return (this.#states.get(id)?.sequence ?? 0) + 1;
  }
}
