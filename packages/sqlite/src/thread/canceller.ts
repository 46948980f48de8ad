import type { Database, Statement } from "./database.js";
import type { Dependents } from "./dependents.js";
import type { Lanes } from "./lanes.js";
import type { NameStates } from "./name-states.js";
import { cancelled, claimed, dead, done } from "./task-states.js";
import type { TaskStep } from "./task-step.js";
import { bytesOf } from "./text.js";

interface Living {
  readonly place: number;
  readonly id: Uint8Array;
  readonly state: number;
  readonly key: Uint8Array | null;
  readonly head: number;
  readonly keep: number;
  readonly waits: number;
  readonly followed: number;
}

/** How many of the dead one call forgets: others wait for it. */
const stepTasks = 1_000;

/** Ends tasks without their having been done. Used within a transaction. */
export class Canceller {
  readonly #names: NameStates;
  readonly #lanes: Lanes;
  readonly #dependents: Dependents;
  readonly #find: Statement<Living>;
  readonly #dead: Statement<Living>;
  readonly #delete: Statement<unknown>;
  readonly #keep: Statement<unknown>;
  readonly #dedupeWindow: number;

  constructor(db: Database, names: NameStates, lanes: Lanes, dependents: Dependents, dedupeWindow: number) {
    this.#dedupeWindow = dedupeWindow;
    this.#names = names;
    this.#lanes = lanes;
    this.#dependents = dependents;
    const columns = `place, id, state, "key", head, keep, waits, followed`;
    this.#find = db.prepare(`SELECT ${columns} FROM tasks WHERE id = ? AND name = ? AND state < ${done}`);
    this.#dead = db.prepare(
      // Not those of whose death not all are told who wait for them.
      `SELECT ${columns} FROM tasks WHERE state = ${dead} AND name = ? AND died_at < ?
         AND NOT EXISTS (SELECT 1 FROM task_ends WHERE task_ends.place = tasks.place)
       ORDER BY died LIMIT ${stepTasks}`,
    );
    this.#delete = db.prepare("DELETE FROM tasks WHERE place = ?");
    this.#keep = db.prepare(
      `UPDATE tasks SET state = ${cancelled}, head = 0, token = NULL, until = ?, died = NULL, died_at = NULL, reason = NULL,
         body = x'' WHERE place = ?`,
    );
  }

  /** @returns how many were ended. */
  cancel(name: number, ids: readonly string[], step: TaskStep): number {
    let count = 0;
    for (const id of ids) {
      for (const task of this.#find.all(bytesOf(id), name)) {
        this.#end(task, name, step);
        count += 1;
      }
    }
    return count;
  }

  /** Some of the dead that died before a time. @returns how many, and whether there may be more. */
  forget(name: number, before: number, step: TaskStep): { readonly count: number; readonly more: boolean } {
    const tasks = this.#dead.all(name, before);
    for (const task of tasks) {
      this.#delete.run(task.place);
      this.#names.move(name, dead, undefined);
      step.changed.add(name);
      if (task.waits > 0) this.#dependents.left(task.place);
      if (task.followed) this.#dependents.done(task.place, step);
    }
    return { count: tasks.length, more: tasks.length === stepTasks };
  }

  #end(task: Living, name: number, step: TaskStep): void {
    const { place, state, key, head, keep, waits, followed } = task;
    // What comes after it later has to know that it was not done.
    const kept = Math.max(keep, this.#dedupeWindow);
    if (kept > 0) this.#keep.run(step.now + kept, place);
    else this.#delete.run(place);
    this.#names.move(name, state, cancelled);
    step.changed.add(name);
    if (waits > 0) this.#dependents.left(place);
    if (key && head && this.#lanes.leave(name, key)) step.readied.add(name);
    if (followed) this.#dependents.cancelled(task, step);
    if (state === claimed && this.#names.isLimited(name)) {
      this.#names.limit(name, false);
      step.readied.add(name);
    }
  }
}
