import type { Database, Statement } from "./database.js";
import type { Dependents } from "./dependents.js";
import type { Lanes } from "./lanes.js";
import type { NameStates } from "./name-states.js";
import { awaiting, dead, ready } from "./task-states.js";
import type { TaskStep } from "./task-step.js";
import type { Stepped } from "./task-steps.js";
import { bytesOf, textOf } from "./text.js";

/** How many of the dead one step looks at: others wait for it. */
const stepTasks = 1_000;

/** Which of the dead are to be done again, and how far that has come. */
export class Redrive {
  /** The number of their name. */
  readonly name: number;
  readonly ids: readonly string[] | "all";
  readonly #wanted: ReadonlySet<string> | undefined;
  /** They died up to here, in the numbers that the dead have; who dies again meanwhile stays dead. */
  readonly until: number;
  /** How many of the ids were looked at; of all, up to which death. */
  looked = 0;
  /** Those that are redriven, and up to which place it was looked at the dead that wait for them. */
  readonly followed: { readonly place: number; looked: number }[] = [];

  constructor(name: number, ids: readonly string[] | "all", until: number) {
    this.name = name;
    this.#wanted = ids === "all" ? undefined : new Set(ids);
    this.ids = this.#wanted ? [...this.#wanted] : "all";
    this.until = until;
  }

  wants(id: string): boolean {
    return this.#wanted?.has(id) ?? true;
  }
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

/** The places of tasks that were looked for, and how many that were. */
interface Looked {
  readonly places: readonly number[];
  readonly count: number;
}

/** Lets the dead be done again. Used within a transaction. */
export class Redriver {
  readonly #names: NameStates;
  readonly #lanes: Lanes;
  readonly #dependents: Dependents;
  readonly #dead: Statement<{ readonly died: number; readonly place: number }>;
  readonly #byId: Statement<{ readonly place: number }>;
  readonly #one: Statement<Mortal>;
  readonly #revive: Statement<unknown>;

  constructor(db: Database, names: NameStates, lanes: Lanes, dependents: Dependents) {
    this.#names = names;
    this.#lanes = lanes;
    this.#dependents = dependents;
    const from = `FROM tasks WHERE state = ${dead}`;
    this.#dead = db.prepare(
      `SELECT died, place ${from} AND name = ? AND died > ? AND died <= ? ORDER BY died LIMIT ?`,
    );
    this.#byId = db.prepare(`SELECT place ${from} AND id = ?`);
    this.#one = db.prepare(
      `SELECT died, place, id, "key", priority, waits, followed ${from} AND name = ? AND place = ?`,
    );
    this.#revive = db.prepare(
      `UPDATE tasks SET state = ?, head = ?, held = 0, due = 0, attempt = 0, died = NULL, died_at = NULL, reason = NULL,
         progress = NULL WHERE place = ?`,
    );
  }

  /** They wait in their places. One that waits for what is dead, and is not redriven itself, stays dead. */
  step(redrive: Redrive, step: TaskStep): Stepped {
    let done = 0;
    for (let room = stepTasks; room > 0; ) {
      const { places, count } = this.#look(redrive, room);
      if (count === 0) return { count: done, next: undefined };
      for (const place of places) if (this.#redrive(place, redrive, step)) done += 1;
      room -= count;
    }
    return { count: done, next: 0 };
  }

  /** First at those that have died of what is redriven: they may have done so before it. */
  #look(redrive: Redrive, limit: number): Looked {
    const { name, ids, looked, until, followed } = redrive;
    const first = followed.at(-1);
    if (first) {
      const places = this.#dependents.after(first.place, first.looked, limit);
      if (places.length < limit) followed.pop();
      else first.looked = places.at(-1)!;
      return { places, count: Math.max(1, places.length) };
    }
    if (ids === "all") {
      const rows = this.#dead.all(name, looked, until, limit);
      redrive.looked = rows.at(-1)?.died ?? until;
      return { places: rows.map(({ place }) => place), count: rows.length };
    }
    const some = ids.slice(looked, looked + limit);
    redrive.looked += some.length;
    const rows = some.flatMap((id) => this.#byId.all(bytesOf(id)));
    return { places: rows.map(({ place }) => place), count: some.length };
  }

  /** @returns whether it is one of those, and need not stay dead. */
  #redrive(place: number, redrive: Redrive, step: TaskStep): boolean {
    const { name, until, followed } = redrive;
    const task = this.#one.get(name, place);
    if (!task || task.died > until || !redrive.wants(textOf(task.id))) return false;
    const waits = task.waits > 0 ? this.#dependents.waits(place, step.now) : 0;
    if (waits === undefined) return false;
    this.#let(task, name, waits, step);
    if (task.followed) {
      this.#dependents.revived(place);
      followed.push({ place, looked: 0 });
    }
    return true;
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
