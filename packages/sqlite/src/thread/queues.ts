import type { ClaimedTask, EnqueuedTask, Settlement, TaskOutcome, TaskQuery } from "@eventwire/core";
import type { Records } from "../records.js";
import type { Database, Statement } from "./database.js";
import { keyBytes, keyOf } from "./keys.js";
import { KnownIds } from "./known-ids.js";
import { Lanes } from "./lanes.js";
import type { LogState } from "./log-state.js";
import type { Names } from "./names.js";
import { type Redrive, type Redriven, Redriver } from "./redriver.js";
import { blocked, claimed, dead, delayed, ready } from "./task-states.js";
import { bytesOf, textOf } from "./text.js";

/** Tasks that came in one turn: records, and what else there is to say of them, by index. */
export interface IncomingTasks {
  readonly records: Records;
  readonly at: number;
  readonly count: number;
  readonly names: readonly string[];
  readonly dueAt: ReadonlyMap<number, number>;
  readonly priority: ReadonlyMap<number, number>;
}

interface Ready {
  readonly place: number;
  readonly name: number;
  readonly priority: number;
}

interface Row {
  readonly id: Uint8Array;
  readonly key: Uint8Array | null;
  readonly time: number;
  readonly attempt: number;
  readonly body: Uint8Array;
}

interface Held {
  readonly place: number;
  readonly name: number;
  readonly key: Uint8Array | null;
  readonly priority: number;
  readonly attempt: number;
  readonly id: Uint8Array;
}

type Delayed = Omit<Held, "id"> & { readonly head: number };

/** The tasks of the file. Used within a transaction. */
export class Queues {
  readonly #names: Names;
  readonly #known: KnownIds;
  readonly #lanes: Lanes;
  readonly #redriver: Redriver;
  readonly #insert: Statement<unknown>;
  readonly #over: Statement<unknown>;
  readonly #last: Statement<{ readonly until: number; readonly lease: number }>;
  readonly #clamp: Statement<unknown>;
  readonly #due: Statement<unknown>;
  readonly #dueKeyed: Statement<Delayed>;
  readonly #first: Statement<Ready>;
  readonly #claim: Statement<Row>;
  readonly #held: Statement<Held>;
  readonly #set: Statement<unknown>;
  readonly #delete: Statement<unknown>;
  readonly #die: Statement<unknown>;
  readonly #extend: Statement<unknown>;
  readonly #next: Statement<{ readonly at: number | null }>;
  /** The numbers of names of which the transaction has made more ready. */
  readonly #readied = new Set<number>();

  constructor(db: Database, names: Names, dedupeWindow: number) {
    this.#names = names;
    this.#known = new KnownIds(db, "task_ids", dedupeWindow);
    this.#lanes = new Lanes(db);
    this.#redriver = new Redriver(db, this.#lanes);
    this.#insert = db.prepare(
      `INSERT INTO tasks (place, state, name, "key", head, priority, due, attempt, id, time, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
    );
    this.#over = db.prepare(
      `UPDATE tasks SET state = ${ready}, token = NULL WHERE state = ${claimed} AND name = ? AND until <= ?`,
    );
    this.#last = db.prepare(
      `SELECT until, lease FROM tasks WHERE state = ${claimed} AND name = ? ORDER BY until DESC LIMIT 1`,
    );
    this.#clamp = db.prepare(
      `UPDATE tasks SET until = min(until, ? + lease) WHERE state = ${claimed} AND name = ?`,
    );
    this.#due = db.prepare(
      `UPDATE tasks SET state = ${ready} WHERE state = ${delayed} AND name = ? AND due <= ? AND ("key" IS NULL OR head = 1)`,
    );
    this.#dueKeyed = db.prepare(
      `SELECT place, name, "key", priority, attempt, head FROM tasks
       WHERE state = ${delayed} AND name = ? AND due <= ? ORDER BY due, place`,
    );
    this.#first = db.prepare(
      `SELECT place, name, priority FROM tasks WHERE state = ${ready} AND name = ? ORDER BY priority DESC, place LIMIT ?`,
    );
    this.#claim = db.prepare(
      `UPDATE tasks SET state = ${claimed}, token = ?, until = ?, lease = ?, attempt = attempt + 1 WHERE place = ?
       RETURNING id, "key", time, attempt, body`,
    );
    this.#held = db.prepare(
      `SELECT place, name, "key", priority, attempt, id FROM tasks WHERE state = ${claimed} AND token = ?`,
    );
    this.#set = db.prepare(
      "UPDATE tasks SET state = ?, head = ?, due = ?, attempt = ?, token = NULL WHERE place = ?",
    );
    this.#delete = db.prepare("DELETE FROM tasks WHERE place = ?");
    this.#die = db.prepare(
      `UPDATE tasks SET state = ${dead}, head = 0, token = NULL, died = ?, died_at = ?, reason = CAST(? AS TEXT) WHERE place = ?`,
    );
    this.#extend = db.prepare("UPDATE tasks SET until = ?, lease = ? WHERE place = ?");
    this.#next = db.prepare(
      `SELECT min(at) AS at FROM (
         SELECT min(due) AS at FROM tasks WHERE state = ${delayed} AND name = ?1
         UNION ALL SELECT min(until) FROM tasks WHERE state = ${claimed} AND name = ?1)`,
    );
  }

  enqueue(
    { records, at: from, count, names, dueAt, priority }: IncomingTasks,
    now: number,
    state: LogState,
  ): { readonly state: LogState; readonly results: readonly EnqueuedTask[] } {
    const time = Math.floor(now);
    const numbers = names.map((name) => this.#names.number(name));
    let { serial } = state;
    let at = from;
    const results = Array.from({ length: count }, (_, index) => {
      const id = records.id(at);
      const duplicate = this.#known.add(id, serial + 1, time) !== undefined;
      if (!duplicate) {
        serial += 1;
        const key = records.key(at);
        const name = numbers[records.name(at) - 1]!;
        const due = dueAt.get(index) ?? 0;
        const rank = priority.get(index) ?? 0;
        this.#readied.add(name);
        const lane =
          key === undefined ? undefined : { place: serial, name, key: keyBytes(key), priority: rank };
        const enters =
          due <= now && lane ? this.#lanes.enter(lane) : { state: due <= now ? ready : delayed, head: 0 };
        const { state, head } = enters;
        const body = records.body(at);
        this.#insert.run(
          serial,
          state,
          name,
          lane?.key ?? null,
          head,
          rank,
          due,
          bytesOf(id),
          records.time(at),
          body,
        );
      }
      at = records.next(at);
      return { id, duplicate };
    });
    this.#known.settle(time);
    return { results, state: serial > state.serial ? { ...state, serial, ready: state.ready + 1 } : state };
  }

  claim(
    { names, lease, limit }: TaskQuery,
    now: number,
    state: LogState,
  ): { readonly state: LogState; readonly results: readonly ClaimedTask[] } {
    const numbers = this.#refresh(names, now);
    const firsts = numbers.flatMap((number) => this.#first.all(number, Math.min(limit, maxLimit)));
    if (numbers.length > 1)
      firsts.sort((one, other) => other.priority - one.priority || one.place - other.place);
    let { serial } = state;
    const results = firsts.slice(0, limit).map(({ place, name }) => {
      serial += 1;
      const row = this.#claim.get(serial, now + lease, lease, place)!;
      const { id, key, time, attempt, body } = row;
      return {
        id: textOf(id),
        name: this.#names.text(name)!,
        key: key ? keyOf(key) : undefined,
        time,
        body,
        token: serial,
        attempt,
      };
    });
    return { results, state: { ...state, serial } };
  }

  /** When one of the names may have something to claim that has nothing now. */
  next(names: readonly string[]): number | undefined {
    const times = names.flatMap((name) => {
      const number = this.#names.find(name);
      return number === undefined ? [] : (this.#next.get(number)?.at ?? []);
    });
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** @returns false where its lease is lost. */
  settle(
    { id, token, outcome }: Settlement,
    now: number,
    state: LogState,
  ): { readonly state: LogState } | false {
    const held = this.#held.get(token);
    if (!held || textOf(held.id) !== id) return false;
    return { state: this.#settle(held, outcome, now, state) };
  }

  /** To be called where the transaction, or a part of it, was undone. What it had made ready is told all the same: it does no harm. */
  undo(): void {
    this.#known.undo();
  }

  /** The names of which there is more to claim since this was asked last. */
  takeReadied(): readonly string[] {
    const names = [...this.#readied].flatMap((number) => this.#names.text(number) ?? []);
    this.#readied.clear();
    return names;
  }

  /** A step of it: `after` is 0 in the first, and then what the one before has said. */
  redrive(redrive: Redrive, after: number, state: LogState): Redriven {
    const redriven = this.#redriver.step(redrive, after, state);
    if (redriven.count > 0) this.#readied.add(redrive.name);
    return redriven;
  }

  #settle(held: Held, outcome: TaskOutcome, now: number, state: LogState): LogState {
    const { place, name, key, attempt } = held;
    const head = key ? 1 : 0;
    switch (outcome.type) {
      case "done":
        this.#delete.run(place);
        return this.#leave(held, state);
      case "dead": {
        const serial = state.serial + 1;
        this.#die.run(serial, now, bytesOf(outcome.reason), place);
        return this.#leave(held, { ...state, serial });
      }
      case "retry":
        this.#set.run(outcome.at <= now ? ready : delayed, head, outcome.at, attempt, place);
        return this.#more(name, state);
      case "release":
        if (key && attempt === 1) {
          // It never began: what outranks it goes first.
          this.#set.run(blocked, 0, 0, 0, place);
          this.#lanes.leave(name, key);
        } else this.#set.run(ready, head, 0, attempt - 1, place);
        return this.#more(name, state);
      case "extend":
        this.#extend.run(now + outcome.lease, outcome.lease, place);
        return state;
    }
  }

  /** The next of its name and key may come. */
  #leave({ name, key }: Held, state: LogState): LogState {
    return key && this.#lanes.leave(name, key) ? this.#more(name, state) : state;
  }

  #more(name: number, state: LogState): LogState {
    this.#readied.add(name);
    return { ...state, ready: state.ready + 1 };
  }

  /** Takes back what is no longer held, and lets come what is due. @returns the numbers of the names that there are. */
  #refresh(names: readonly string[], now: number): readonly number[] {
    return [...new Set(names)].flatMap((name) => {
      const number = this.#names.find(name);
      if (number === undefined) return [];
      const last = this.#last.get(number);
      // A clock that was put back, whoever went by it, makes a lease no longer than it is.
      if (last && last.until > now + last.lease + clockSkew) this.#clamp.run(now, number);
      this.#over.run(number, now);
      this.#due.run(number, now);
      for (const { place, key, priority, attempt } of this.#dueKeyed.all(number, now)) {
        const { state, head } = this.#lanes.enter({ place, name: number, key: key!, priority });
        this.#set.run(state, head, 0, attempt, place);
      }
      return [number];
    });
  }
}

/** How much earlier the time of who waited for the file may be than that of who had it, in milliseconds. */
const clockSkew = 1_000;
/** No claim takes more. */
const maxLimit = 10_000;
