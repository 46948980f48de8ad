import type { Database, Statement } from "./database.js";
import type { Lanes } from "./lanes.js";
import type { LogState } from "./log-state.js";
import { dead, ready } from "./task-states.js";
import { textOf } from "./text.js";

/** How many of the dead one step looks at: others wait for it. */
const stepTasks = 1_000;

/** Which of the dead are to be done again. */
export interface Redrive {
  /** The number of their name. */
  readonly name: number;
  readonly ids: ReadonlySet<string> | "all";
  /** They died up to here, in the numbers that the dead have; who dies again meanwhile stays dead. */
  readonly until: number;
}

/** What a step has done. */
export interface Redriven {
  readonly state: LogState;
  readonly count: number;
  /** After whom the next step begins; `undefined` when nobody is left. */
  readonly next: number | undefined;
}

interface Mortal {
  readonly died: number;
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
      `SELECT died, place, id, "key", priority FROM tasks
       WHERE state = ${dead} AND name = ? AND died > ? AND died <= ? ORDER BY died LIMIT ${stepTasks}`,
    );
    this.#revive = db.prepare(
      `UPDATE tasks SET place = ?, state = ?, head = ?, due = 0, attempt = 0, died = NULL, died_at = NULL, reason = NULL
       WHERE place = ?`,
    );
  }

  /**
   * They take their place behind all that is there.
   *
   * @param after what the step before has said.
   */
  step({ name, ids, until }: Redrive, after: number, state: LogState): Redriven {
    const looked = this.#dead.all(name, after, until);
    const tasks = ids === "all" ? looked : looked.filter(({ id }) => ids.has(textOf(id)));
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
      next: looked.length === stepTasks ? looked.at(-1)!.died : undefined,
      state: tasks.length > 0 ? { ...state, serial, ready: state.ready + 1 } : state,
    };
  }
}
