import type { Answer, Ask, Call, CallType, NewTasks } from "../messages.js";
import type { Part } from "./appender.js";
import { EndTeller } from "./end-teller.js";
import type { IncomingTasks } from "./enqueuer.js";
import type { GroupCommit, Settle, WorkOptions } from "./group-commit.js";
import { KeptSweeper } from "./kept-sweeper.js";
import type { LogState } from "./log-state.js";
import type { OpenFile } from "./open-file.js";
import { type Done, Queues } from "./queues.js";
import { Redrive } from "./redriver.js";
import { TaskReader } from "./task-reader.js";
import { inSteps } from "./task-steps.js";

type TaskCallType =
  | "claim"
  | "reclaim"
  | "settle"
  | "counts"
  | "dead"
  | "states"
  | "redrive"
  | "cancel"
  | "pause"
  | "forget";

export type TaskCall = Extract<Call, { readonly type: TaskCallType }>;

/** Gives what tells the caller what became of a call. */
export type Answering = <Type extends CallType>(number: number) => Settle<Answer<Type>>;

/** Does what is asked about the tasks of an open file. */
export class TaskServer {
  readonly queues: Queues;
  readonly #commits: GroupCommit;
  readonly #answer: Answering;
  readonly #reader: TaskReader;
  readonly #sweeper: KeptSweeper;
  readonly #teller: EndTeller;

  /**
   * @param now the time, in milliseconds since the Unix epoch; `undefined` as long as it is not known.
   * @param trouble told why what need not be kept any longer stays.
   */
  constructor(
    file: OpenFile,
    commits: GroupCommit,
    dedupeWindow: number,
    answer: Answering,
    now: () => number | undefined,
    trouble: (error: unknown) => void,
  ) {
    this.#commits = commits;
    this.#answer = answer;
    this.queues = new Queues(file.writer, commits.names, dedupeWindow);
    this.#reader = new TaskReader(file.reader);
    this.#sweeper = new KeptSweeper(file, commits, now, trouble);
    this.#teller = new EndTeller(file.reader, commits, this.queues, now, trouble);
  }

  /** A transaction is over. */
  committed(): void {
    this.#teller.committed();
  }

  /** Begins nothing more by itself. */
  stop(): void {
    this.#sweeper.stop();
    this.#teller.stop();
  }

  enqueue(part: Part, ask: NewTasks, now: number, number: number): void {
    const tasks = tasksOf(part, ask);
    this.#write<"enqueue">(number, (state) => this.queues.enqueue(tasks, now, state), {
      bytes: part.bytes,
      asked: part.incoming.asked,
    });
  }

  do(call: TaskCall, now: number): void {
    const { number } = call;
    switch (call.type) {
      case "claim":
        this.#claim(call.ask, now, this.#answer<"claim">(number));
        return;
      case "reclaim":
        this.#write<"reclaim">(number, (state) => this.queues.reclaim(call.ask, now, state));
        return;
      case "settle":
        this.#write<"settle">(number, (state) => this.queues.settle(call.ask.settlements, now, state));
        return;
      case "cancel":
        this.#write<"cancel">(number, (state) => this.queues.cancel(call.ask.name, call.ask.ids, now, state));
        return;
      case "pause":
        this.#write<"pause">(number, (state) =>
          this.queues.pause(call.ask.name, call.ask.paused, now, state),
        );
        return;
      case "redrive":
        this.#redrive(call.ask, now, this.#answer<"redrive">(number));
        return;
      case "forget":
        inSteps(
          this.#commits,
          (_, { state }) => this.queues.forget(call.ask.name, call.ask.before, now, state),
          this.#answer<"forget">(number),
        );
        return;
      case "counts":
        this.#read<"counts">(number, () => this.#reader.counts(call.ask.name, now));
        return;
      case "states":
        this.#read<"states">(number, () => this.#reader.states(call.ask.ids, now));
        return;
      case "dead":
        this.#read<"dead">(number, () => this.#reader.dead(call.ask.name, call.ask.after, call.ask.limit));
    }
  }

  /** What has come due is let come in steps, if it is much, and then it is claimed. */
  #claim(query: Ask<"claim">, now: number, settle: Settle<Answer<"claim">>): void {
    this.#commits.do(
      (transaction) => {
        const { result, state } = this.queues.claim(query, now, transaction.state);
        transaction.state = state;
        return result;
      },
      (outcome) => {
        if ("error" in outcome) settle(outcome);
        else if (outcome.result) settle({ result: outcome.result });
        else this.#claim(query, now, settle);
      },
    );
  }

  #redrive({ name, ids }: Ask<"redrive">, now: number, settle: Settle<number>): void {
    let redrive: Redrive | undefined;
    inSteps(
      this.#commits,
      (_, { state }) => {
        const named = this.#commits.names.find(name);
        if (named === undefined) return { result: { count: 0, next: undefined }, state };
        redrive ??= new Redrive(named, ids, state.serial);
        return this.queues.redrive(redrive, now, state);
      },
      settle,
    );
  }

  #write<Type extends CallType>(
    number: number,
    work: (state: LogState) => Done<Answer<Type>>,
    options: WorkOptions = {},
  ): void {
    this.#commits.do(
      (transaction) => {
        const { result, state } = work(transaction.state);
        transaction.state = state;
        return result;
      },
      this.#answer<Type>(number),
      options,
    );
  }

  #read<Type extends CallType>(number: number, read: () => Answer<Type>): void {
    const settle = this.#answer<Type>(number);
    try {
      settle({ result: read() });
    } catch (error) {
      settle({ error });
    }
  }
}

export function tasksOf({ incoming, at }: Part, tasks: NewTasks): IncomingTasks {
  return { ...tasks, records: incoming.records, names: incoming.names, at };
}
