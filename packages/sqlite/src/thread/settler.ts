import type { Settlement, TaskOutcome } from "@eventwire/core";
import type { Database, Statement } from "./database.js";
import type { Dependents } from "./dependents.js";
import type { Lanes } from "./lanes.js";
import type { NameStates } from "./name-states.js";
import { blocked, claimed, dead, delayed, done, ready } from "./task-states.js";
import type { TaskStep } from "./task-step.js";
import { bytesOf, textOf } from "./text.js";

interface Held {
  readonly place: number;
  readonly name: number;
  readonly key: Uint8Array | null;
  readonly priority: number;
  readonly attempt: number;
  readonly id: Uint8Array;
  readonly keep: number;
  readonly followed: number;
}

/** Writes down what became of tasks that were claimed. Used within a transaction. */
export class Settler {
  readonly #names: NameStates;
  readonly #lanes: Lanes;
  readonly #dependents: Dependents;
  readonly #held: Statement<Held>;
  readonly #set: Statement<unknown>;
  readonly #giveBack: Statement<unknown>;
  readonly #delete: Statement<unknown>;
  readonly #keep: Statement<unknown>;
  readonly #die: Statement<unknown>;
  readonly #extend: Statement<unknown>;

  constructor(db: Database, names: NameStates, lanes: Lanes, dependents: Dependents) {
    this.#names = names;
    this.#lanes = lanes;
    this.#dependents = dependents;
    this.#held = db.prepare(
      `SELECT place, name, "key", priority, attempt, id, keep, followed FROM tasks WHERE state = ${claimed} AND token = ?`,
    );
    this.#set = db.prepare(
      "UPDATE tasks SET state = ?, head = ?, due = ?, attempt = ?, token = NULL WHERE place = ?",
    );
    this.#giveBack = db.prepare(
      "UPDATE tasks SET state = ?, head = 0, held = 0, due = 0, attempt = ?, token = NULL WHERE place = ?",
    );
    this.#delete = db.prepare("DELETE FROM tasks WHERE place = ?");
    this.#keep = db.prepare(
      `UPDATE tasks SET state = ${done}, head = 0, token = NULL, until = ?, result = ?, body = x'' WHERE place = ?`,
    );
    this.#die = db.prepare(
      `UPDATE tasks SET state = ${dead}, head = 0, token = NULL, died = ?, died_at = ?, reason = CAST(? AS TEXT) WHERE place = ?`,
    );
    this.#extend = db.prepare(
      "UPDATE tasks SET until = ?, lease = ?, progress = coalesce(?, progress) WHERE place = ?",
    );
  }

  /** @returns false where its lease is lost. */
  settle({ id, token, outcome }: Settlement, step: TaskStep): boolean {
    const held = this.#held.get(token);
    if (!held || textOf(held.id) !== id) return false;
    step.changed.add(held.name);
    if (outcome.type === "extend") {
      this.#extend.run(step.now + outcome.lease, outcome.lease, outcome.progress ?? null, held.place);
      return true;
    }
    this.#end(held, outcome, step);
    // Who was given less, because so many were under way, is told.
    if (this.#names.isLimited(held.name)) {
      this.#names.limit(held.name, false);
      step.readied.add(held.name);
    }
    return true;
  }

  #end(held: Held, outcome: Exclude<TaskOutcome, { readonly type: "extend" }>, step: TaskStep): void {
    const { place, name, attempt, keep } = held;
    switch (outcome.type) {
      case "done":
        if (keep > 0) this.#keep.run(step.now + keep, outcome.result ?? null, place);
        else this.#delete.run(place);
        this.#names.move(name, claimed, done);
        this.#leave(held, step);
        if (held.followed) this.#dependents.done(place, step);
        return;
      case "dead":
        this.#die.run(step.nextSerial(), step.now, bytesOf(outcome.reason), place);
        this.#names.move(name, claimed, dead);
        this.#leave(held, step);
        if (held.followed) this.#dependents.died(held, step);
        return;
      case "retry":
        this.#retry(held, outcome.at, attempt, step);
        return;
      case "release":
        if (outcome.at !== undefined && outcome.at > step.now)
          this.#retry(held, outcome.at, attempt - 1, step);
        else this.#release(held, step);
    }
  }

  #retry({ place, name, key }: Held, at: number, attempt: number, step: TaskStep): void {
    const state = at <= step.now ? ready : delayed;
    this.#set.run(state, key ? 1 : 0, at, attempt, place);
    this.#names.move(name, claimed, state);
    step.readied.add(name);
  }

  #release({ place, name, key, attempt }: Held, step: TaskStep): void {
    // What outranks it goes first.
    const state = key ? blocked : ready;
    this.#giveBack.run(state, attempt - 1, place);
    this.#names.move(name, claimed, state);
    if (key) this.#lanes.leave(name, key);
    step.readied.add(name);
  }

  /** The next of its name and key may come. */
  #leave({ name, key }: Held, step: TaskStep): void {
    if (key && this.#lanes.leave(name, key)) step.readied.add(name);
  }
}
