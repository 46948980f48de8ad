import type { ClaimedTask, TaskLimit, TaskQuery } from "@eventwire/core";
import type { Reclaim } from "../messages.js";
import type { Database, Statement } from "./database.js";
import { keyOf } from "./keys.js";
import type { Lanes } from "./lanes.js";
import type { NameStates } from "./name-states.js";
import type { Names } from "./names.js";
import { Rates } from "./rates.js";
import { claimed, delayed, ready, throttled } from "./task-states.js";
import type { TaskStep } from "./task-step.js";
import { bytesOf, textOf } from "./text.js";

interface Ready {
  readonly place: number;
  readonly name: number;
  readonly priority: number;
  /** Only where it matters. */
  readonly key?: Uint8Array | null;
}

interface Row {
  readonly id: Uint8Array;
  readonly key: Uint8Array | null;
  readonly time: number;
  readonly attempt: number;
  readonly body: Uint8Array;
}

interface Delayed {
  readonly place: number;
  readonly key: Uint8Array | null;
  readonly priority: number;
  readonly head: number;
}

/** Who claims, and for how long. */
interface Claimer {
  readonly owner: Uint8Array;
  readonly lease: number;
}

/** A name whose tasks are claimed, and what is kept to. */
interface Gate {
  readonly name: number;
  readonly rate: TaskLimit["rate"];
  readonly concurrency: number | undefined;
  /** How many more may be claimed. */
  left: number;
  /** When there may be more, where its rate has kept some back. */
  opens?: number;
}

export interface Claim {
  readonly tasks: readonly ClaimedTask[];
  /** When there may be more, where there is less than was asked for. */
  readonly next: number | undefined;
}

/** How much earlier the time of who waited for the file may be than that of who had it, in milliseconds. */
const clockSkew = 1_000;
/** No claim takes more. */
const maxLimit = 10_000;
/** How many of each kind one transaction lets come: others wait for it. */
const stepTasks = 1_000;

/** Takes tasks. Used within a transaction. */
export class Claims {
  readonly #numbers: Names;
  readonly #names: NameStates;
  readonly #lanes: Lanes;
  readonly #rates: Rates;
  readonly #over: Statement<unknown>;
  readonly #last: Statement<{ readonly until: number; readonly lease: number }>;
  readonly #clamp: Statement<unknown>;
  readonly #due: Statement<Delayed>;
  readonly #open: Statement<unknown>;
  readonly #first: Statement<Ready>;
  readonly #firstKeyed: Statement<Ready>;
  readonly #claim: Statement<Row>;
  readonly #held: Statement<{ readonly place: number }>;
  readonly #reclaim: Statement<Row>;
  readonly #throttle: Statement<unknown>;
  readonly #enter: Statement<unknown>;
  readonly #next: Statement<{ readonly at: number | null }>;

  constructor(db: Database, numbers: Names, names: NameStates, lanes: Lanes) {
    this.#numbers = numbers;
    this.#names = names;
    this.#lanes = lanes;
    this.#rates = new Rates(db);
    this.#over = db.prepare(
      `UPDATE tasks SET state = ${ready}, token = NULL
       WHERE place IN (SELECT place FROM tasks WHERE state = ${claimed} AND name = ? AND until <= ? LIMIT ${stepTasks})`,
    );
    this.#last = db.prepare(
      `SELECT until, lease FROM tasks WHERE state = ${claimed} AND name = ? ORDER BY until DESC LIMIT 1`,
    );
    this.#clamp = db.prepare(
      `UPDATE tasks SET until = min(until, ? + lease) WHERE state = ${claimed} AND name = ?`,
    );
    this.#due = db.prepare(
      `SELECT place, "key", priority, head FROM tasks WHERE state = ${delayed} AND name = ? AND due <= ?
       ORDER BY due, place LIMIT ${stepTasks}`,
    );
    this.#open = db.prepare(
      `UPDATE tasks SET state = ${ready} WHERE place IN
         (SELECT place FROM tasks WHERE state = ${throttled} AND name = ? AND (due <= ? OR due > ?) LIMIT ${stepTasks})`,
    );
    const first = (columns: string) =>
      db.prepare<Ready>(
        `SELECT ${columns} FROM tasks WHERE state = ${ready} AND name = ? ORDER BY priority DESC, place LIMIT ?`,
      );
    this.#first = first("place, name, priority");
    this.#firstKeyed = first('place, name, priority, "key"');
    this.#claim = db.prepare(
      `UPDATE tasks SET state = ${claimed}, token = ?, until = ?, lease = ?, owner = ?, attempt = attempt + 1, held = 1 WHERE place = ?
       RETURNING id, "key", time, attempt, body`,
    );
    // There are few that are claimed.
    this.#held = db.prepare(
      `SELECT place FROM tasks INDEXED BY tasks_owner WHERE state = ${claimed} AND owner = ? AND name = ? ORDER BY token`,
    );
    this.#reclaim = db.prepare(
      'UPDATE tasks SET token = ?, until = ?, lease = ? WHERE place = ? RETURNING id, "key", time, attempt, body',
    );
    this.#throttle = db.prepare(`UPDATE tasks SET state = ${throttled}, due = ? WHERE place = ?`);
    this.#enter = db.prepare("UPDATE tasks SET state = ?, head = ?, due = 0 WHERE place = ?");
    this.#next = db.prepare(
      `SELECT min(at) AS at FROM (
         SELECT min(due) AS at FROM tasks WHERE state = ${delayed} AND name = ?1
         UNION ALL SELECT min(until) FROM tasks WHERE state = ${claimed} AND name = ?1
         UNION ALL SELECT min(due) FROM tasks WHERE state = ${throttled} AND name = ?1)`,
    );
  }

  /** @returns nothing where more has come due than one transaction lets come: then it is to be called again, in another one. */
  claim({ names, owner, lease, limit, limits }: TaskQuery, step: TaskStep): Claim | undefined {
    const open = [...new Set(names)].flatMap((text) => this.#openName(text) ?? []);
    const isMore = open.map(({ name, text }) => this.#refresh(name, limits?.[text]?.rate, step));
    if (isMore.includes(true)) return undefined;
    const gates = open.map(({ name, text }) => this.#gate(name, limits?.[text]));
    const most = Math.min(limit, maxLimit);
    const tasks: ClaimedTask[] = [];
    // What is kept back by the rate of its key makes way for what comes behind it.
    const claimer: Claimer = { owner: bytesOf(owner), lease };
    while (tasks.length < most && this.#take(gates, most, claimer, tasks, step));
    for (const { name, concurrency, left } of gates) {
      if (concurrency !== undefined && left === 0 && this.#names.count(name, ready) > 0) {
        this.#names.limit(name, true);
      }
    }
    this.#rates.settle(step.now);
    return { tasks, next: tasks.length < limit ? this.#nextOf(gates) : undefined };
  }

  /** Takes what an owner has anew. */
  reclaim({ names, owner, lease }: Reclaim, step: TaskStep): readonly ClaimedTask[] {
    return [...new Set(names)].flatMap((text) => {
      const name = this.#numbers.find(text);
      const held = name === undefined ? [] : this.#held.all(bytesOf(owner), name);
      return held.map(({ place }) => {
        const token = step.nextSerial();
        return claimOf(text, token, this.#reclaim.get(token, step.now + lease, lease, place)!);
      });
    });
  }

  undo(): void {
    this.#rates.undo();
  }

  /** @returns whether to look again, because something was kept back. */
  #take(
    gates: readonly Gate[],
    limit: number,
    claimer: Claimer,
    tasks: ClaimedTask[],
    step: TaskStep,
  ): boolean {
    const firsts = gates.flatMap(({ name, rate, left }) => {
      const first = rate?.by === "key" ? this.#firstKeyed : this.#first;
      return left === 0 ? [] : first.all(name, Math.min(limit - tasks.length, left));
    });
    if (gates.length > 1) {
      firsts.sort((one, other) => other.priority - one.priority || one.place - other.place);
    }
    const byName = new Map(gates.map((gate) => [gate.name, gate]));
    let isKeptBack = false;
    for (const one of firsts) {
      if (tasks.length === limit) break;
      const gate = byName.get(one.name)!;
      if (gate.left === 0) continue;
      if (gate.rate && !this.#mayBegin(gate, gate.rate, one, step)) {
        // The next of its name may go before those of others.
        if (gates.length > 1) return true;
        isKeptBack = true;
        continue;
      }
      gate.left -= 1;
      tasks.push(this.#begin(one, claimer, step));
    }
    return isKeptBack;
  }

  #mayBegin(
    gate: Gate,
    rate: NonNullable<Gate["rate"]>,
    { place, name, key }: Ready,
    step: TaskStep,
  ): boolean {
    const opens = this.#rates.take(name, key ?? null, rate, step.now);
    if (opens === undefined) return true;
    if (rate.by === "name") {
      gate.left = 0;
      gate.opens = opens;
    } else {
      this.#throttle.run(opens, place);
      this.#names.move(name, ready, throttled);
    }
    return false;
  }

  #begin({ place, name }: Ready, { owner, lease }: Claimer, step: TaskStep): ClaimedTask {
    const token = step.nextSerial();
    const row = this.#claim.get(token, step.now + lease, lease, owner, place)!;
    this.#names.move(name, ready, claimed);
    step.changed.add(name);
    return claimOf(this.#numbers.text(name)!, token, row);
  }

  /** Nothing where no task of the name ever was, or they are paused. */
  #openName(text: string): { readonly name: number; readonly text: string } | undefined {
    const name = this.#numbers.find(text);
    return name === undefined || this.#names.isPaused(name) ? undefined : { name, text };
  }

  #gate(name: number, { rate, concurrency }: TaskLimit = {}): Gate {
    const left =
      concurrency === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(0, concurrency - this.#names.count(name, claimed));
    return { name, rate, concurrency, left };
  }

  /** When one of the names may have something to claim that has nothing now. */
  #nextOf(gates: readonly Gate[]): number | undefined {
    const times = gates.flatMap(({ name, opens }) => [this.#next.get(name)?.at ?? [], opens ?? []].flat());
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Takes back what is no longer held, and lets come what is due. @returns whether there may be more of that. */
  #refresh(name: number, rate: Gate["rate"], step: TaskStep): boolean {
    const { now } = step;
    let isMore = false;
    const moved = (from: number, to: number, count: number) => {
      if (count === 0) return;
      this.#names.move(name, from, to, count);
      step.changed.add(name);
      if (count === stepTasks) isMore = true;
    };
    if (this.#names.count(name, claimed) > 0) {
      const last = this.#last.get(name);
      // A clock that was put back, whoever went by it, makes a lease no longer than it is.
      if (last && last.until > now + last.lease + clockSkew) this.#clamp.run(now, name);
      moved(claimed, ready, Number(this.#over.run(name, now).changes));
    }
    if (this.#names.count(name, delayed) > 0) {
      const due = this.#due.all(name, now);
      for (const { place, key, priority, head: wasHead } of due) {
        const isFree = key === null || wasHead !== 0;
        const { state, head } = isFree
          ? { state: ready, head: wasHead }
          : this.#lanes.enter({ place, name, key, priority });
        this.#enter.run(state, head, place);
        this.#names.move(name, delayed, state);
        step.changed.add(name);
      }
      if (due.length === stepTasks) isMore = true;
    }
    if (this.#names.count(name, throttled) > 0) {
      // Who keeps to no rate of the key takes all. By a clock that was put back none waits longer than it has to.
      const latest = rate?.by === "key" ? now + rate.per + clockSkew : Number.NEGATIVE_INFINITY;
      moved(throttled, ready, Number(this.#open.run(name, now, latest).changes));
    }
    return isMore;
  }
}

function claimOf(name: string, token: number, { id, key, time, attempt, body }: Row): ClaimedTask {
  return { id: textOf(id), name, key: key ? keyOf(key) : undefined, time, body, token, attempt };
}
