import type { Database, Statement } from "./database.js";
import type { Dependents } from "./dependents.js";
import type { Lanes } from "./lanes.js";
import type { NameStates } from "./name-states.js";
import { awaiting, dead, ready } from "./task-states.js";
import type { TaskStep } from "./task-step.js";
import type { Stepped } from "./task-steps.js";
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

interface Mortal {
  readonly died: number;
  readonly place: number;
  readonly id: Uint8Array;
  readonly key: Uint8Array | null;
  readonly priority: number;
  readonly waits: number;
  readonly followed: number;
}

/** Lets the dead be done again. Used within a transaction. */
export class Redriver {
  readonly #names: NameStates;
  readonly #lanes: Lanes;
  readonly #dependents: Dependents;
  readonly #dead: Statement<Mortal>;
  readonly #one: Statement<Mortal>;
  readonly #revive: Statement<unknown>;

  constructor(db: Database, names: NameStates, lanes: Lanes, dependents: Dependents) {
    this.#names = names;
    this.#lanes = lanes;
    this.#dependents = dependents;
    const columns = 'died, place, id, "key", priority, waits, followed';
    const mortal = `SELECT ${columns} FROM tasks WHERE state = ${dead} AND name = ?`;
    this.#dead = db.prepare(`${mortal} AND died > ? AND died <= ? ORDER BY died LIMIT ${stepTasks}`);
    this.#one = db.prepare(`${mortal} AND place = ?`);
    this.#revive = db.prepare(
      `UPDATE tasks SET state = ?, head = ?, held = 0, due = 0, attempt = 0, died = NULL, died_at = NULL, reason = NULL,
         progress = NULL WHERE place = ?`,
    );
  }

  /**
   * They wait in their places. One that waits for what is dead, and is not redriven itself, stays dead.
   *
   * @param after what the step before has said.
   */
  step(redrive: Redrive, after: number, step: TaskStep): Stepped {
    const looked = this.#dead.all(redrive.name, after, redrive.until);
    let count = 0;
    for (const { place } of looked) count += this.#redrive(place, redrive, step);
    return { count, next: looked.length === stepTasks ? looked.at(-1)!.died : undefined };
  }

  /** With those that have died of it before. @returns how many. */
  #redrive(first: number, { name, ids, until }: Redrive, step: TaskStep): number {
    const places = [first];
    let count = 0;
    for (const place of places) {
      const task = this.#one.get(name, place);
      if (!task || task.died > until || !(ids === "all" || ids.has(textOf(task.id)))) continue;
      const waits = task.waits > 0 ? this.#dependents.waits(place, step.now) : 0;
      if (waits === undefined) continue;
      this.#let(task, name, waits, step);
      if (task.followed) {
        this.#dependents.revived(place);
        places.push(...this.#dependents.deadAfter(place));
      }
      count += 1;
    }
    return count;
  }

  #let({ place, key, priority }: Mortal, name: number, waits: number, step: TaskStep): void {
    const enters =
      waits > 0
        ? { state: awaiting, head: 0 }
        : key
          ? this.#lanes.enter({ place, name, key, priority })
          : { state: ready, head: 0 };
    this.#revive.run(enters.state, enters.head, place);
    this.#names.move(name, dead, enters.state);
    step.readied.add(name);
    step.changed.add(name);
  }
}
