import type { Database, Statement } from "./database.js";
import type { NameStates } from "./name-states.js";
import { blocked, ready, throttled } from "./task-states.js";

/** A task that is due, of a name and key. */
export interface LaneTask {
  readonly place: number;
  /** A number of the file's. */
  readonly name: number;
  readonly key: Uint8Array;
  readonly priority: number;
}

interface Head {
  readonly place: number;
  readonly state: number;
  readonly held: number;
  readonly priority: number;
}

/**
 * The tasks of a name and key, one of which is their head: the only one that may be claimed. It is the first by priority and
 * place, but one that was begun, and not given back, goes on as the head through all its attempts.
 */
export class Lanes {
  readonly #names: NameStates;
  readonly #head: Statement<Head>;
  readonly #first: Statement<{ readonly place: number }>;
  readonly #set: Statement<unknown>;

  constructor(db: Database, names: NameStates) {
    this.#names = names;
    this.#head = db.prepare(
      `SELECT place, state, held, priority FROM tasks WHERE name = ? AND "key" = ? AND head = 1`,
    );
    this.#first = db.prepare(
      `SELECT place FROM tasks WHERE name = ? AND "key" = ? AND state = ${blocked} ORDER BY priority DESC, place LIMIT 1`,
    );
    this.#set = db.prepare("UPDATE tasks SET state = ?, head = ? WHERE place = ?");
  }

  /** What becomes of a task that comes due, or comes back without having been begun. */
  enter({ place, name, key, priority }: LaneTask): { readonly state: number; readonly head: number } {
    const head = this.#head.get(name, key);
    if (!head) return { state: ready, head: 1 };
    const isFirst = priority > head.priority || (priority === head.priority && place < head.place);
    const isBegun = (head.state !== ready && head.state !== throttled) || head.held !== 0;
    if (isBegun || !isFirst) return { state: blocked, head: 0 };
    this.#set.run(blocked, 0, head.place);
    this.#names.move(name, head.state, blocked);
    return { state: ready, head: 1 };
  }

  /** The head has gone: the next is it. @returns whether there is one. */
  leave(name: number, key: Uint8Array): boolean {
    const next = this.#first.get(name, key);
    if (!next) return false;
    this.#set.run(ready, 1, next.place);
    this.#names.move(name, blocked, ready);
    return true;
  }
}
