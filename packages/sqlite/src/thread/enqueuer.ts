import type { EnqueuedTask } from "@eventwire/core";
import type { NewTasks } from "../messages.js";
import type { Records } from "../records.js";
import type { Database, Statement } from "./database.js";
import { type Dependents, lostReason, type Precedence } from "./dependents.js";
import { keyBytes } from "./keys.js";
import { KnownIds } from "./known-ids.js";
import type { Lanes } from "./lanes.js";
import type { NameStates } from "./name-states.js";
import type { Names } from "./names.js";
import { awaiting, dead, delayed, done, ready } from "./task-states.js";
import type { TaskStep } from "./task-step.js";
import { bytesOf } from "./text.js";

/** Tasks that came in one turn: records, and what else there is to say of them, by index. */
export interface IncomingTasks extends NewTasks {
  readonly records: Records;
  readonly at: number;
  readonly names: readonly string[];
}

const free: Precedence = { places: [], lost: undefined };

/** Takes tasks in. Used within a transaction. */
export class Enqueuer {
  readonly #numbers: Names;
  readonly #names: NameStates;
  readonly #lanes: Lanes;
  readonly #dependents: Dependents;
  readonly #known: KnownIds;
  readonly #find: Statement<{ readonly place: number; readonly state: number }>;
  readonly #forget: Statement<unknown>;
  readonly #insert: Statement<unknown>;
  readonly #die: Statement<unknown>;

  constructor(
    db: Database,
    numbers: Names,
    names: NameStates,
    lanes: Lanes,
    dependents: Dependents,
    dedupeWindow: number,
  ) {
    this.#numbers = numbers;
    this.#names = names;
    this.#lanes = lanes;
    this.#dependents = dependents;
    this.#known = new KnownIds(db, "task_ids", dedupeWindow);
    this.#find = db.prepare("SELECT place, state FROM tasks WHERE id = ?");
    this.#forget = db.prepare("DELETE FROM tasks WHERE place = ?");
    this.#insert = db.prepare(
      `INSERT INTO tasks (place, state, name, "key", head, priority, due, attempt, id, time, body, keep, waits)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)`,
    );
    this.#die = db.prepare(
      "UPDATE tasks SET died = ?, died_at = ?, reason = CAST(? AS TEXT) WHERE place = ?",
    );
  }

  /** @throws {InvalidError} where one of them waits for what never was. */
  enqueue(tasks: IncomingTasks, step: TaskStep): readonly EnqueuedTask[] {
    const { records, count, names } = tasks;
    const time = Math.floor(step.now);
    const numbers = names.map((name) => this.#numbers.number(name));
    let { at } = tasks;
    const results = Array.from({ length: count }, (_, index) => {
      const id = records.id(at);
      const duplicate = this.#isKnown(id, step.serial + 1, time);
      if (!duplicate) this.#add(tasks, at, index, id, numbers[records.name(at) - 1]!, step);
      at = records.next(at);
      return { id, duplicate };
    });
    this.#known.settle(time);
    return results;
  }

  undo(): void {
    this.#known.undo();
  }

  /** Whether a task of the id is not over, however old it is, or was there within the window. From now on it is known. */
  #isKnown(id: string, place: number, time: number): boolean {
    const found = this.#find.all(bytesOf(id));
    if (found.some(({ state }) => state < done)) return true;
    if (this.#known.add(id, place, time) !== undefined) return true;
    // What is kept of one that is over makes way.
    for (const { place: over } of found) this.#forget.run(over);
    return false;
  }

  #add(tasks: IncomingTasks, at: number, index: number, id: string, name: number, step: TaskStep): void {
    const { records } = tasks;
    const place = step.nextSerial();
    const key = records.key(at);
    const bytes = key === undefined ? null : keyBytes(key);
    const due = tasks.dueAt.get(index) ?? 0;
    const priority = tasks.priority.get(index) ?? 0;
    const after = tasks.after.get(index);
    const precedence = after ? this.#precedence(id, name, after, step) : free;
    const { places, lost } = precedence;
    const { state, head } = lost
      ? { state: dead, head: 0 }
      : places.length > 0
        ? { state: awaiting, head: 0 }
        : due > step.now
          ? { state: delayed, head: 0 }
          : bytes
            ? this.#lanes.enter({ place, name, key: bytes, priority })
            : { state: ready, head: 0 };
    this.#insert.run(
      place,
      state,
      name,
      bytes,
      head,
      priority,
      due,
      bytesOf(id),
      records.time(at),
      records.body(at),
      tasks.keep.get(index) ?? 0,
      places.length,
    );
    if (places.length > 0) this.#dependents.add(place, places);
    if (lost) this.#die.run(step.nextSerial(), step.now, bytesOf(lostReason(lost.id, lost.state)), place);
    this.#names.move(name, undefined, state);
    step.readied.add(name);
    step.changed.add(name);
  }

  #precedence(id: string, name: number, after: readonly string[], step: TaskStep): Precedence {
    const own = { id, name: this.#numbers.text(name)! };
    return this.#dependents.precedence(own, after, this.#known, step.now);
  }
}
