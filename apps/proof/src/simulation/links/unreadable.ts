import { largest } from "../contract.js";
import { type Journaled, journaled } from "../journaled.js";
import type { World } from "../world.js";

const decoder = new TextDecoder();

/**
 * Which events some version of the contract refuses, as the log's file says. That is read before another takes its place, which may not have
 * what was sent before and comes late.
 */
export class Unreadable {
  readonly #world: World;
  readonly #known = new Map<string, string | undefined>();
  #journal: Journaled | undefined;

  constructor(world: World) {
    this.#world = world;
    world.disk.onReplace = (file) => {
      if (file === "journal") this.#read();
    };
  }

  /** What the system calls the event of an offset, where a version may refuse it. */
  at(offset: string): string | undefined {
    this.#read();
    return this.#known.get(offset);
  }

  #read(): void {
    const journal = journaled(this.#world, this.#journal);
    if (journal === this.#journal) return;
    this.#journal = journal;
    for (const entry of journal.entries) {
      if (entry.type !== "event" || entry.body.length === 0) continue;
      const size = Number(/"size":(\d+)/.exec(decoder.decode(entry.body))?.[1] ?? 0);
      const offset = `${journal.epoch}.${entry.offset}`;
      this.#known.set(offset, size > largest.strict ? entry.id : undefined);
    }
  }
}
