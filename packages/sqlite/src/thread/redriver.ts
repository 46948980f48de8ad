import type { Database, Statement } from "./database.js";
import type { Lanes } from "./lanes.js";
import type { LogState } from "./log-state.js";
import { dead, ready } from "./task-states.js";
import { textOf } from "./text.js";

interface Mortal {
  readonly place: number;
  readonly id: Uint8Array;
  readonly key: Uint8Array | null;
  readonly priority: number;
}

/** Lets the dead be done again. Used within a transaction. */
export class Redriver {
  readonly #lanes: Lanes;
  readonly #dead: Statement<Mortal>;
  readonly #revive: Statement<unknown>;

  constructor(db: Database, lanes: Lanes) {
    this.#lanes = lanes;
    this.#dead = db.prepare(
      `SELECT place, id, "key", priority FROM tasks WHERE state = ${dead} AND name = ? ORDER BY died`,
    );
    this.#revive = db.prepare(
      `UPDATE tasks SET place = ?, state = ?, head = ?, due = 0, attempt = 0, died = NULL, died_at = NULL, reason = NULL
       WHERE place = ?`,
    );
  }

  /** They take their place behind all that is there. */
  redrive(
    name: number,
    ids: readonly string[] | "all",
    state: LogState,
  ): { readonly state: LogState; readonly count: number } {
    const wanted = ids === "all" ? undefined : new Set(ids);
    const tasks = this.#dead.all(name).filter(({ id }) => !wanted || wanted.has(textOf(id)));
    let { serial } = state;
    for (const { place, key, priority } of tasks) {
      serial += 1;
      const enters = key
        ? this.#lanes.enter({ place: serial, name, key, priority })
        : { state: ready, head: 0 };
      this.#revive.run(serial, enters.state, enters.head, place);
    }
    return {
      count: tasks.length,
      state: tasks.length > 0 ? { ...state, serial, ready: state.ready + 1 } : state,
    };
  }
}
