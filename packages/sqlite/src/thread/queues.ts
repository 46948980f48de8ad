import type { ClaimedTask, EnqueuedTask, Settlement, TaskQuery } from "@eventwire/core";
import type { Reclaim } from "../messages.js";
import { Canceller } from "./canceller.js";
import { type Claim, Claims } from "./claims.js";
import type { Database } from "./database.js";
import { Dependents } from "./dependents.js";
import { Enqueuer, type IncomingTasks } from "./enqueuer.js";
import { Lanes } from "./lanes.js";
import type { LogState } from "./log-state.js";
import { NameStates } from "./name-states.js";
import type { Names } from "./names.js";
import { type Redrive, Redriver } from "./redriver.js";
import { Settler } from "./settler.js";
import { TaskStep } from "./task-step.js";
import type { Stepped } from "./task-steps.js";

/** What a call has come to, and the log's state behind it. */
export interface Done<Result> {
  readonly result: Result;
  readonly state: LogState;
}

/** The tasks of the file. Used within a transaction. */
export class Queues {
  readonly #numbers: Names;
  readonly #names: NameStates;
  readonly #enqueuer: Enqueuer;
  readonly #claims: Claims;
  readonly #settler: Settler;
  readonly #canceller: Canceller;
  readonly #redriver: Redriver;
  readonly #dependents: Dependents;
  /** The numbers of names of which the transaction has made more ready, and has changed any. */
  readonly #readied = new Set<number>();
  readonly #changed = new Set<number>();

  constructor(db: Database, numbers: Names, dedupeWindow: number) {
    this.#numbers = numbers;
    const names = new NameStates(db);
    const lanes = new Lanes(db, names);
    const dependents = new Dependents(db, names, lanes);
    this.#names = names;
    this.#dependents = dependents;
    this.#enqueuer = new Enqueuer(db, numbers, names, lanes, dependents, dedupeWindow);
    this.#claims = new Claims(db, numbers, names, lanes);
    this.#settler = new Settler(db, names, lanes, dependents);
    this.#canceller = new Canceller(db, names, lanes, dependents, dedupeWindow);
    this.#redriver = new Redriver(db, names, lanes, dependents);
  }

  /** @throws {InvalidError} where one of them waits for what never was. */
  enqueue(tasks: IncomingTasks, now: number, state: LogState): Done<readonly EnqueuedTask[]> {
    return this.#do(now, state, (step) => this.#enqueuer.enqueue(tasks, step));
  }

  /** Nothing where it is to be asked again, in another transaction. */
  claim(query: TaskQuery, now: number, state: LogState): Done<Claim | undefined> {
    return this.#do(now, state, (step) => this.#claims.claim(query, step));
  }

  reclaim(query: Reclaim, now: number, state: LogState): Done<readonly ClaimedTask[]> {
    return this.#do(now, state, (step) => this.#claims.reclaim(query, step));
  }

  /** For each, false where its lease is lost. */
  settle(settlements: readonly Settlement[], now: number, state: LogState): Done<readonly boolean[]> {
    return this.#do(now, state, (step) => settlements.map((one) => this.#settler.settle(one, step)));
  }

  cancel(name: string, ids: readonly string[], now: number, state: LogState): Done<number> {
    const number = this.#numbers.find(name);
    if (number === undefined) return { result: 0, state };
    return this.#do(now, state, (step) => this.#canceller.cancel(number, ids, step));
  }

  pause(name: string, paused: boolean, now: number, state: LogState): Done<undefined> {
    const number = this.#numbers.number(name);
    return this.#do(now, state, (step) => {
      this.#names.pause(number, paused);
      if (!paused) step.readied.add(number);
      return undefined;
    });
  }

  /** A step of it. */
  forget(name: string, before: number, now: number, state: LogState): Done<Stepped> {
    const number = this.#numbers.find(name);
    if (number === undefined) return { result: { count: 0, next: undefined }, state };
    return this.#do(now, state, (step) => {
      const { count, more } = this.#canceller.forget(number, before, step);
      return { count, next: more ? 0 : undefined };
    });
  }

  /** A step of it. */
  redrive(redrive: Redrive, now: number, state: LogState): Done<Stepped> {
    return this.#do(now, state, (step) => this.#redriver.step(redrive, step));
  }

  /** Whether not all who wait for what has ended are told of that, as far as is known here. */
  get pending(): boolean {
    return this.#dependents.pending;
  }

  /** Tells more of them. @returns whether there are others. */
  goOn(now: number, state: LogState): Done<boolean> {
    return this.#do(now, state, (step) => this.#dependents.goOn(step));
  }

  /** To be called when a transaction is over. */
  renew(): void {
    this.#dependents.renew();
  }

  /** To be called where the transaction, or a part of it, was undone. What it had made ready is told all the same: it does no harm. */
  undo(): void {
    this.#enqueuer.undo();
    this.#claims.undo();
    this.#names.undo();
    this.#dependents.renew();
  }

  /** The names of which there is more to claim since this was asked last. */
  takeReadied(): readonly string[] {
    return this.#take(this.#readied);
  }

  /** The names of which it may have changed since this was asked last how tasks stand. */
  takeChanged(): readonly string[] {
    return this.#take(this.#changed);
  }

  #do<Result>(now: number, before: LogState, work: (step: TaskStep) => Result): Done<Result> {
    const step = new TaskStep(now, before);
    const result = work(step);
    this.#names.settle();
    for (const name of step.readied) this.#readied.add(name);
    for (const name of step.changed) this.#changed.add(name);
    return { result, state: step.state };
  }

  #take(numbers: Set<number>): readonly string[] {
    const names = [...numbers].flatMap((number) => this.#numbers.text(number) ?? []);
    numbers.clear();
    return names;
  }
}
