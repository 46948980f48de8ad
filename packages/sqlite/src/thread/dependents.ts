import { InvalidError, type Issue } from "@eventwire/core";
import type { Database, Statement } from "./database.js";
import type { KnownIds } from "./known-ids.js";
import type { Lanes } from "./lanes.js";
import type { NameStates } from "./name-states.js";
import { awaiting, cancelled, dead, delayed, done, ready } from "./task-states.js";
import type { TaskStep } from "./task-step.js";
import { bytesOf, textOf } from "./text.js";

interface Waiter {
  readonly place: number;
  readonly id: Uint8Array;
  readonly state: number;
  readonly name: number;
  readonly key: Uint8Array | null;
  readonly priority: number;
  readonly due: number;
  readonly waits: number;
  readonly followed: number;
}

/** What a task waits for; `state` is null where that is no more. */
interface Before {
  readonly before: number;
  readonly state: number | null;
  readonly until: number | null;
}

/** A task that others may wait for. */
export interface Followed {
  readonly place: number;
  readonly id: Uint8Array;
}

/** A task that is over or dead, and up to which place those that wait for it are told. */
interface Ended extends Followed {
  readonly state: number;
  readonly told: number;
}

/** How many are told of ends in one transaction: others wait for it. */
const stepTasks = 1_000;
const noId = new Uint8Array();

/** A task that is enqueued. */
interface Own {
  readonly id: string;
  readonly name: string;
}

/** What a task that is enqueued has to wait for. */
export interface Precedence {
  /** The places of those that are not done. */
  readonly places: readonly number[];
  /** The id of one that never will be. */
  readonly lost: { readonly id: string; readonly state: number } | undefined;
}

/** Tasks that wait for others to be done. */
export class Dependents {
  readonly #names: NameStates;
  readonly #lanes: Lanes;
  readonly #find: Statement<{
    readonly place: number;
    readonly state: number;
    readonly until: number | null;
  }>;
  readonly #add: Statement<unknown>;
  readonly #follow: Statement<unknown>;
  readonly #waiters: Statement<Waiter>;
  readonly #befores: Statement<Before>;
  readonly #forgetOne: Statement<unknown>;
  readonly #forget: Statement<unknown>;
  readonly #firstEnd: Statement<Ended>;
  readonly #putEnd: Statement<unknown>;
  readonly #dropEnd: Statement<unknown>;
  readonly #leave: Statement<unknown>;
  readonly #wait: Statement<unknown>;
  readonly #admit: Statement<unknown>;
  readonly #die: Statement<unknown>;
  /** How many more may be told in this transaction. */
  #room = stepTasks;
  #pending = false;

  constructor(db: Database, names: NameStates, lanes: Lanes) {
    this.#names = names;
    this.#lanes = lanes;
    this.#find = db.prepare("SELECT place, state, until FROM tasks WHERE id = ? ORDER BY place DESC LIMIT 1");
    this.#add = db.prepare("INSERT INTO task_after (before, place) VALUES (?, ?)");
    this.#follow = db.prepare("UPDATE tasks SET followed = 1 WHERE place = ? AND followed = 0");
    this.#waiters = db.prepare(
      `SELECT tasks.place, id, state, name, "key", priority, due, waits, followed
       FROM task_after JOIN tasks ON tasks.place = task_after.place
       WHERE before = ? AND task_after.place > ? ORDER BY task_after.place LIMIT ?`,
    );
    this.#firstEnd = db.prepare("SELECT place, state, id, told FROM task_ends ORDER BY place LIMIT 1");
    this.#putEnd = db.prepare(
      "INSERT OR REPLACE INTO task_ends (place, state, id, told) VALUES (?, ?, ?, ?)",
    );
    this.#dropEnd = db.prepare("DELETE FROM task_ends WHERE place = ?");
    this.#befores = db.prepare(
      `SELECT before, state, until FROM task_after LEFT JOIN tasks ON tasks.place = before WHERE task_after.place = ?`,
    );
    this.#forgetOne = db.prepare("DELETE FROM task_after WHERE before = ? AND place = ?");
    this.#forget = db.prepare("DELETE FROM task_after WHERE before = ? AND place <= ?");
    this.#leave = db.prepare("DELETE FROM task_after WHERE place = ?");
    this.#wait = db.prepare("UPDATE tasks SET waits = ? WHERE place = ?");
    this.#admit = db.prepare("UPDATE tasks SET state = ?, head = ? WHERE place = ?");
    this.#die = db.prepare(
      `UPDATE tasks SET state = ${dead}, head = 0, died = ?, died_at = ?, reason = CAST(? AS TEXT) WHERE place = ?`,
    );
  }

  /**
   * What a new task waits for.
   *
   * @throws {InvalidError} where one of them never was.
   */
  precedence(own: Own, after: readonly string[], known: KnownIds, now: number): Precedence {
    const places = new Set<number>();
    let lost: Precedence["lost"];
    for (const [index, id] of after.entries()) {
      const found = this.#find.get(bytesOf(id));
      const isOver = found !== undefined && found.state >= done && found.until! <= now;
      if (!found || isOver) {
        const wasThere = id !== own.id && known.find(id, Math.floor(now)) !== undefined;
        if (!wasThere) throw new InvalidError(own.name, [unknown(id, index)]);
      } else if (found.state !== done) {
        places.add(found.place);
        if (found.state === dead || found.state === cancelled) lost ??= { id, state: found.state };
      }
    }
    return { places: [...places], lost };
  }

  /** A task that is there now waits for others. */
  add(place: number, places: readonly number[]): void {
    for (const before of places) {
      this.#add.run(before, place);
      this.#follow.run(before);
    }
  }

  /** Whether there are ends that not all are told of who wait, as far as is known here. */
  get pending(): boolean {
    return this.#pending;
  }

  /** To be called when a transaction is over. */
  renew(): void {
    this.#room = stepTasks;
  }

  /** A task is done, or counts so: who waits for nothing else any more is let in. */
  done(place: number, step: TaskStep): void {
    this.#tell([{ place, id: noId, state: done, told: 0 }], step);
  }

  /** A task has died: who waits for it dies, and who waits for that one. */
  died({ place, id }: Followed, step: TaskStep): void {
    this.#tell([{ place, id, state: dead, told: 0 }], step);
  }

  /** A task is cancelled, and never will be done: who waits for it dies. */
  cancelled({ place, id }: Followed, step: TaskStep): void {
    this.#tell([{ place, id, state: cancelled, told: 0 }], step);
  }

  /** Tells more of those who wait for what has ended. @returns whether there are others. */
  goOn(step: TaskStep): boolean {
    for (;;) {
      const ended = this.#firstEnd.get();
      this.#pending = ended !== undefined;
      if (!ended || this.#room <= 0) return this.#pending;
      this.#tell([ended], step);
    }
  }

  /** One of the dead is not so any more: whoever waits for it and is not told of its death goes on waiting. */
  revived(place: number): void {
    this.#dropEnd.run(place);
  }

  /**
   * For how many others one of the dead would wait if it were redriven; `undefined` where it would wait for what is dead or
   * cancelled. What is no more counts as done.
   */
  waits(place: number, now: number): number | undefined {
    let waits = 0;
    for (const { before, state, until } of this.#befores.all(place)) {
      const isDone = state === null || state === done || (state === cancelled && until! <= now);
      if (isDone) this.#forgetOne.run(before, place);
      else if (state === dead || state === cancelled) return undefined;
      else waits += 1;
    }
    this.#wait.run(waits, place);
    return waits;
  }

  /** Those that wait for a task, or have died of it, from after a place on. */
  after(place: number, from: number, limit: number): readonly number[] {
    return this.#waiters.all(place, from, limit).map((waiter) => waiter.place);
  }

  /** A task that waited is no more. */
  left(place: number): void {
    this.#leave.run(place);
  }

  /** Tells who waits for tasks that have ended, and for those that die with them; where that is too many, it is put down. */
  #tell(ends: Ended[], step: TaskStep): void {
    for (const { place, id, state, told } of ends) {
      const room = Math.max(0, this.#room);
      const waiters = room > 0 ? this.#waiters.all(place, told, room) : [];
      this.#room -= Math.max(1, waiters.length);
      for (const waiter of waiters) {
        if (state === done) this.#release(waiter, step);
        else if (waiter.state === awaiting) {
          this.#lose(waiter, lostReason(textOf(id), state), step);
          if (waiter.followed) ends.push({ place: waiter.place, id: waiter.id, state: dead, told: 0 });
        }
      }
      const last = waiters.at(-1)?.place ?? told;
      const isAll = waiters.length < room;
      if (state === done) this.#forget.run(place, isAll ? Number.MAX_SAFE_INTEGER : last);
      if (isAll) this.#dropEnd.run(place);
      else {
        this.#putEnd.run(place, state, id, last);
        this.#pending = true;
      }
    }
  }

  /** It waits for one less. */
  #release({ place, state, name, key, priority, due, waits }: Waiter, step: TaskStep): void {
    this.#wait.run(waits - 1, place);
    if (waits > 1 || state !== awaiting) return;
    const enters =
      due > step.now
        ? { state: delayed, head: 0 }
        : key
          ? this.#lanes.enter({ place, name, key, priority })
          : { state: ready, head: 0 };
    this.#admit.run(enters.state, enters.head, place);
    this.#names.move(name, awaiting, enters.state);
    step.readied.add(name);
    step.changed.add(name);
  }

  #lose({ place, name }: Waiter, reason: string, step: TaskStep): void {
    this.#die.run(step.nextSerial(), step.now, bytesOf(reason), place);
    this.#names.move(name, awaiting, dead);
    step.changed.add(name);
  }
}

/** Why a task is dead that waited for another one. */
export function lostReason(id: string, state: number): string {
  return `"${id}", which was to be done before, ${state === cancelled ? "was cancelled" : "is dead"}`;
}

function unknown(id: string, index: number): Issue {
  return {
    message: `"${id}" was never enqueued, or so long ago that it is forgotten`,
    path: ["after", index],
  };
}
