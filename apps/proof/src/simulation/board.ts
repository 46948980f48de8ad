import { type Projection, project } from "@eventwire/core/project";
import type { Journaled } from "./journaled.js";
import type { Program } from "./program.js";

const names = ["order.placed", "order.paid"] as const;

/** The system's ids of the events of a key, in the order in which they were folded. */
type Folded = readonly string[];

/** A projection of the bus, saved in the log, which processes share: what each has must be what a fold of the log gives. */
export class Board {
  readonly #name = "board";
  readonly #running = new Map<Program, Projection<string, Folded>>();
  /** What could not be read somewhere, and so is not in a state that was made there. */
  readonly #unread = new Set<string>();

  run(program: Program): void {
    const { process, world } = program;
    program.onPassed((id) => this.#unread.add(id));
    const projection = project(program.bus, names, {
      name: this.#name,
      saveEvery: world.chance.between(500, 3_000),
      fold: (ids: Folded = [], { id }) => [...ids, id],
      onGap: ({ reason }) => process.note(`gap ${this.#name} ${reason}`),
    });
    this.#running.set(program, projection);
    void projection.ended.then(() => this.#running.delete(program));
  }

  /** What is wrong with what those that run have: nothing, once they are up to date. */
  wrongs(journal: Journaled): readonly string[] {
    const all = new Map<string, { readonly id: string; readonly gone: boolean }[]>();
    const gone = new Set<number>();
    for (const entry of journal.entries) {
      if (entry.type === "gone") for (const offset of entry.offsets) gone.add(offset);
    }
    for (const entry of journal.entries) {
      if (entry.type !== "event" || !names.some((name) => name === entry.name)) continue;
      const key = String(entry.key);
      const { id, offset } = entry;
      const isGone = entry.gone !== undefined || gone.has(offset);
      const ofKey = all.get(key) ?? [];
      all.set(key, ofKey);
      ofKey.push({ id, gone: isGone || this.#unread.has(id) });
    }
    return [...this.#running].flatMap(([{ process }, projection]) => {
      if (!process.alive) return [];
      return [...new Set([...all.keys(), ...[...projection.entries()].map(([key]) => key)])].flatMap(
        (key) => {
          const state = projection.get(key) ?? [];
          const has = new Set(state);
          const ofKey = all.get(key) ?? [];
          // A key is left as it was before what cannot be read.
          const flawed = projection.failed.get(key)?.id;
          const end = flawed === undefined ? -1 : ofKey.findIndex(({ id }) => id === flawed);
          // What is gone may have been folded before, or not.
          const expected = (end < 0 ? ofKey : ofKey.slice(0, end))
            .filter(({ id, gone }) => !gone || has.has(id))
            .map(({ id }) => id);
          return expected.join() === state.join() ? [] : [`${process.name} has of ${key} what no fold gives`];
        },
      );
    });
  }
}
