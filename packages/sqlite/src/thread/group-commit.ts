import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { ClosedError } from "@eventwire/core";
import { type Moment, moment, timeBetween } from "../moment.js";
import { Appender, type AppenderLimits, type Part } from "./appender.js";
import { type Database, rollBack } from "./database.js";
import { explain, isBusy } from "./failures.js";
import { graceOf } from "./grace.js";
import { type LogState, StoredState } from "./log-state.js";
import { Names } from "./names.js";

/** What is done in a transaction with others. */
export type Work<Result> = (transaction: Transaction) => Result;

/** A transaction that is under way. */
export interface Transaction {
  state: LogState;
  append(parts: readonly Part[], now: number): readonly AppendResult[];
  /** Where an event was appended, as long as its id is known. */
  offsetOf(id: string, now: number): number | undefined;
}

/** Is told what became of something. */
export type Settle<Result> = (outcome: { readonly result: Result } | { readonly error: unknown }) => void;

export interface CommitEvents {
  /** A transaction is on the disk; what was in it is settled next. */
  committed(state: LogState, before: LogState): void;
  /** What was done, or a part of it, was undone: what is known of it has to be forgotten. */
  undone(): void;
}

type AppendResult = ReturnType<Appender["append"]>["results"][number];

/** What there is to know of what is done in a transaction with others. */
export interface WorkOptions {
  /** How much it writes, in bytes. Default 0. */
  readonly bytes?: number;
  /** When it was asked for, of what is known for a repetition for some time only: it is refused where it has waited for too long. */
  readonly asked?: Moment;
}

type Waiting =
  | {
      readonly part: Part;
      readonly now: number;
      readonly asked: Moment;
      readonly settle: Settle<AppendResult>;
    }
  | (WorkOptions & {
      readonly part?: undefined;
      readonly work: Work<unknown>;
      readonly settle: Settle<never>;
    });

/** What one transaction takes at most, in operations and in bytes, but at least one: others wait for the file meanwhile. */
const maxGroup = 4_096;
const maxBytes = 16 * 2 ** 20;
/** How long to wait before a file that another process writes is tried again, in milliseconds. By chance, so that none starves. */
const retry = () => 1 + 2 * Math.random();

/**
 * Writes to the file. What comes while a transaction is under way goes together in the next one: the busier it is, the fewer
 * times the disk is waited for. Nothing is settled before its transaction is on the disk, and what fails fails alone.
 */
export class GroupCommit {
  readonly names: Names;
  readonly #db: Database;
  readonly #file: string;
  readonly #busyTimeout: number;
  readonly #events: CommitEvents;
  readonly #clock: () => Moment;
  /** For how long what may repeat something may wait, in milliseconds. */
  readonly #patience: number;
  readonly #state: StoredState;
  readonly #appender: Appender;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** When to give up waiting for the file, in the time of `performance.now()`. */
  #until = Number.POSITIVE_INFINITY;

  constructor(
    db: Database,
    file: string,
    options: AppenderLimits & { readonly busyTimeout: number },
    events: CommitEvents,
    clock = moment,
  ) {
    this.#db = db;
    this.#file = file;
    this.#busyTimeout = options.busyTimeout;
    this.#events = events;
    this.#clock = clock;
    const { dedupeWindow } = options;
    this.#patience = dedupeWindow > 0 ? graceOf(dedupeWindow) / 2 : Number.POSITIVE_INFINITY;
    this.names = new Names(db);
    this.#state = new StoredState(db);
    this.#appender = new Appender(db, this.names, options);
  }

  append(part: Part, now: number, settle: Settle<AppendResult>): void {
    this.#add({ part, now, asked: part.incoming.asked, settle });
  }

  do<Result>(work: Work<Result>, settle: Settle<Result>, options: WorkOptions = {}): void {
    this.#add({ ...options, work, settle });
  }

  /** Resolves when nothing waits: what cannot be begun within so many milliseconds is refused. */
  async end(drain: number): Promise<void> {
    this.#until = performance.now() + drain;
    await this.#running;
  }

  #add(waiting: Waiting): void {
    if (performance.now() >= this.#until) {
      waiting.settle({ error: closed() });
      return;
    }
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // All that is on its way in this turn comes along.
    await turn();
    while (this.#waiting.length > 0) {
      try {
        await this.#begin();
        const group = this.#waiting.splice(0, groupOf(this.#waiting));
        this.#commit(group.filter((waiting) => this.#isInTime(waiting)));
      } catch (error) {
        this.#refuse(error);
      }
      await turn();
      if (performance.now() >= this.#until) this.#refuse(closed());
    }
    this.#running = undefined;
  }

  #refuse(error: unknown): void {
    for (const { settle } of this.#waiting.splice(0)) settle({ error });
  }

  async #begin(): Promise<void> {
    const since = performance.now();
    for (;;) {
      try {
        this.#db.exec("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        const now = performance.now();
        if (!isBusy(error)) throw explain(this.#file, error);
        if (now >= this.#until) throw closed();
        if (now - since >= this.#busyTimeout) throw explain(this.#file, error);
      }
      await sleep(retry());
    }
  }

  /**
   * Whether it has not waited for too long. From here on nobody else forgets what it may repeat; what is refused may be asked for
   * again, by who looks first for how long it has tried.
   */
  #isInTime({ asked, settle }: Waiting): boolean {
    const waited = asked ? timeBetween(asked, this.#clock()) : 0;
    if (waited <= this.#patience) return true;
    settle({
      error: new Error(`nothing was written, because it was asked for ${Math.round(waited)} ms before`),
    });
    return false;
  }

  /** Settles the group. */
  #commit(group: readonly Waiting[]): void {
    const settlements: (() => void)[] = [];
    let state: LogState;
    let transaction: Transaction;
    try {
      state = this.#state.get();
      transaction = this.#transaction(state);
      for (let index = 0; index < group.length; ) {
        const next = group[index]!;
        if (next.part === undefined) {
          this.#attempt(transaction, settlements, [next.settle], () => [next.work(transaction) as never]);
          index += 1;
          continue;
        }
        const appends = appendsFrom(group, index);
        this.#attempt(
          transaction,
          settlements,
          appends.map(({ settle }) => settle),
          () =>
            transaction.append(
              appends.map(({ part }) => part),
              next.now,
            ),
        );
        index += appends.length;
      }
      if (transaction.state !== state) this.#state.set(transaction.state);
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      const explained = explain(this.#file, error);
      for (const { settle } of group) settle({ error: explained });
      return;
    }
    this.#events.committed(transaction.state, state);
    for (const settle of settlements) settle();
  }

  /** Does some of a group, or none of it. */
  #attempt<Result>(
    transaction: Transaction,
    settlements: (() => void)[],
    settles: readonly Settle<Result>[],
    work: () => readonly Result[],
  ): void {
    const { state } = transaction;
    this.#db.exec("SAVEPOINT one");
    try {
      const results = work();
      this.#db.exec("RELEASE one");
      settles.forEach((settle, index) => {
        settlements.push(() => settle({ result: results[index]! }));
      });
    } catch (error) {
      this.#undo();
      this.#rollBackTo(error);
      transaction.state = state;
      const explained = explain(this.#file, error);
      for (const settle of settles) settlements.push(() => settle({ error: explained }));
    }
  }

  #transaction(state: LogState): Transaction {
    const appender = this.#appender;
    return {
      state,
      append(parts, now) {
        const { state, results } = appender.append(parts, now, this.state);
        this.state = state;
        return results;
      },
      offsetOf: (id, now) => appender.offsetOf(id, now),
    };
  }

  #undo(): void {
    this.#appender.undo();
    this.#events.undone();
  }

  /** @throws the error that led to it, where SQLite has undone the whole transaction because of it. */
  #rollBackTo(error: unknown): void {
    try {
      this.#db.exec("ROLLBACK TO one; RELEASE one");
    } catch {
      throw error;
    }
  }

  #rollBack(): void {
    this.#undo();
    rollBack(this.#db);
  }
}

/** How many of what waits go together. */
function groupOf(waiting: readonly Waiting[]): number {
  let bytes = 0;
  for (let count = 0; ; count++) {
    const next = waiting[count];
    if (!next || count === maxGroup) return count;
    bytes += next.part === undefined ? (next.bytes ?? 0) : next.part.bytes;
    if (count > 0 && bytes > maxBytes) return count;
  }
}

function appendsFrom(group: readonly Waiting[], from: number) {
  const appends: Extract<Waiting, { readonly now: number }>[] = [];
  for (let index = from; index < group.length; index++) {
    const next = group[index]!;
    if (next.part === undefined) break;
    appends.push(next);
  }
  return appends;
}

function closed(): ClosedError {
  return new ClosedError("Nothing was written", undefined, "broker");
}
