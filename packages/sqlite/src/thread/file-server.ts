import type { Settlement, TaskQuery } from "@eventwire/core";
import type {
  Answer,
  Answered,
  Ask,
  Call,
  CallType,
  FromThread,
  NewTasks,
  ThreadData,
  ToThread,
  Turn,
} from "../messages.js";
import { Records } from "../records.js";
import type { Incoming, Part } from "./appender.js";
import { Checkpointer } from "./checkpointer.js";
import { CommitWatcher, type CommitWatcherOptions } from "./commit-watcher.js";
import { Cursors } from "./cursors.js";
import { failureOf } from "./failures.js";
import { Forgetting } from "./forgetting.js";
import { GroupCommit, type Settle, type Work } from "./group-commit.js";
import type { LogState } from "./log-state.js";
import { type OpenFile, walBytes } from "./open-file.js";
import { type IncomingTasks, Queues } from "./queues.js";
import { LogReader } from "./reader.js";
import { RedriveRunner } from "./redrive-runner.js";
import { TaskReader } from "./task-reader.js";
import { Refused, Writes } from "./writes.js";

/** Does what is asked of an open file. */
export class FileServer {
  readonly #file: OpenFile;
  readonly #post: (message: FromThread, transfer?: readonly ArrayBuffer[]) => void;
  readonly #commits: GroupCommit;
  readonly #reader: LogReader;
  readonly #cursors: Cursors;
  readonly #checkpointer: Checkpointer;
  readonly #forgetting: Forgetting;
  readonly #queues: Queues;
  readonly #redrives: RedriveRunner;
  readonly #writes: Writes;
  readonly #tasks: TaskReader;
  #answers: Answered[] = [];
  #transfer: ArrayBuffer[] = [];
  #head: number;
  /** The head that was told last. */
  #toldHead = 0;
  #flushing = false;
  #version = 0;
  /** The names of tasks of which there may be more to claim, to be told with what is posted next. */
  #ready: readonly string[] | "all" = [];
  #readyUpTo: number;
  readonly #others: CommitWatcher;
  /** The time that the last turn told, and when it did. */
  #told: { readonly now: number; readonly at: number } | undefined;

  constructor(
    file: OpenFile,
    data: ThreadData,
    post: (message: FromThread, transfer?: readonly ArrayBuffer[]) => void,
    watching?: CommitWatcherOptions,
  ) {
    this.#file = file;
    this.#post = post;
    this.#reader = new LogReader(file.reader, file.path);
    this.#commits = new GroupCommit(file.writer, file.path, data, {
      committed: (state, before) => this.#committed(state, before),
      undone: () => {
        this.#queues.undo();
        this.#writes.undo();
      },
    });
    this.#queues = new Queues(file.writer, this.#commits.names, data.dedupeWindow);
    this.#redrives = new RedriveRunner(this.#commits, this.#queues);
    this.#cursors = new Cursors(file.writer);
    this.#checkpointer = new Checkpointer(file.writer, file.path, walBytes);
    this.#forgetting = new Forgetting(
      file,
      this.#commits,
      data,
      () => this.#now(),
      (error) => this.#trouble(error),
    );
    this.#writes = new Writes(file.writer, this.#cursors, this.#queues, data.dedupeWindow);
    this.#tasks = new TaskReader(file.reader);
    this.#others = new CommitWatcher(file.path, () => this.#look(), watching);
    const { head, ready } = this.#reader.state();
    this.#head = head;
    this.#toldHead = head;
    this.#readyUpTo = ready;
  }

  receive(message: Exclude<ToThread, { readonly type: "close" }>): void {
    if (message.type === "watch") this.#watch(message.watching);
    else this.#take(message);
  }

  /** Does what was asked so far, and lets go of the file. */
  async close(drain: number): Promise<void> {
    this.#watch(false);
    this.#forgetting.stop();
    await this.#commits.end(drain);
    await this.#forgetting.settled();
    this.#flush();
    this.#file.reader.close();
    this.#file.writer.close();
  }

  #trouble(error: unknown): void {
    const { code, message } = failureOf(this.#file.path, error);
    const said = `What retention lets go stays for now: ${message}`;
    this.#post({ type: "trouble", failure: { code, message: said } });
  }

  #now(): number | undefined {
    return this.#told && this.#told.now + performance.now() - this.#told.at;
  }

  #take({ now, calls, records: bytes, names, producers }: Turn): void {
    this.#told = { now, at: performance.now() };
    const records = new Records(bytes);
    const incoming: Incoming = { records, names, producers };
    let at = 0;
    let index = 0;
    const take = (count: number): Part => {
      const from = at;
      for (let passed = 0; passed < count; passed++) at = records.next(at);
      const part = { incoming, at: from, index, count, bytes: at - from };
      index += count;
      return part;
    };
    for (const call of calls) {
      if (call.type === "append") {
        this.#commits.append(take(call.ask.count), now, this.#settle<"append">(call.number));
      } else if (call.type === "enqueue") this.#enqueue(take(call.ask.count), call.ask, now, call.number);
      else if (call.type === "write") {
        const part = take(call.ask.append);
        this.#writeAll(call.ask, part, take(call.ask.enqueue.count), now, call.number);
      } else this.#do(call, now);
    }
    this.#flush();
  }

  #enqueue(part: Part, ask: NewTasks, now: number, number: number): void {
    const tasks = tasksOf(part, ask);
    const work: Work<Answer<"enqueue">> = (transaction) => {
      const { state, results } = this.#queues.enqueue(tasks, now, transaction.state);
      transaction.state = state;
      return results;
    };
    this.#commits.do(work, this.#settle<"enqueue">(number), part.bytes);
  }

  #writeAll(ask: Ask<"write">, part: Part, enqueued: Part, now: number, number: number): void {
    const settle = this.#settle<"write">(number);
    const tasks = tasksOf(enqueued, ask.enqueue);
    this.#commits.do(
      (transaction) => this.#writes.write(ask, part, tasks, now, transaction),
      (outcome) => {
        const refused = "error" in outcome && outcome.error instanceof Refused ? outcome.error : undefined;
        settle(refused ? { result: refused.refusal } : outcome);
      },
      part.bytes + enqueued.bytes,
    );
  }

  #claim(query: TaskQuery, now: number, number: number): void {
    this.#write<"claim">(number, (transaction) => {
      const { state, results } = this.#queues.claim(query, now, transaction.state);
      transaction.state = state;
      const next = results.length < query.limit ? this.#queues.next(query.names) : undefined;
      return { tasks: results, next };
    });
  }

  #settleTasks(settlements: readonly Settlement[], now: number, number: number): void {
    this.#write<"settle">(number, (transaction) =>
      settlements.map((settlement) => {
        const settled = this.#queues.settle(settlement, now, transaction.state);
        if (settled) transaction.state = settled.state;
        return settled !== false;
      }),
    );
  }

  #do(call: Exclude<Call, { readonly type: "append" | "enqueue" | "write" }>, now: number): void {
    const { number } = call;
    switch (call.type) {
      case "read":
        this.#answer(number, () => {
          const page = this.#reader.read(call.ask);
          this.#transfer.push(page.records.buffer);
          return page;
        });
        return;
      case "head":
        this.#answer(number, () => this.#reader.state().head);
        return;
      case "at":
        this.#answer(number, () => this.#reader.at(call.ask.time));
        return;
      case "acquire":
        this.#write(number, () => {
          const { cursor, owner, lease } = call.ask;
          return this.#cursors.acquire(cursor, owner, lease, now);
        });
        return;
      case "save":
        this.#write(number, () => {
          const { cursor, token, state, lease } = call.ask;
          return this.#cursors.save(cursor, token, state, lease, now);
        });
        return;
      case "peek":
        this.#answer<"peek">(number, () => this.#reader.peek(call.ask.cursor));
        return;
      case "trim":
        this.#forgetting.trim(call.ask, this.#settle<"trim">(number));
        return;
      case "claim":
        this.#claim(call.ask, now, number);
        return;
      case "settle":
        this.#settleTasks(call.ask.settlements, now, number);
        return;
      case "counts":
        this.#answer<"counts">(number, () => this.#tasks.counts(call.ask.name, now));
        return;
      case "dead":
        this.#answer<"dead">(number, () => this.#tasks.dead(call.ask.name, call.ask.after, call.ask.limit));
        return;
      case "redrive":
        this.#redrives.run(call.ask, this.#settle<"redrive">(number));
        return;
      case "compact":
        this.#forgetting.compact(call.ask, this.#settle<"compact">(number));
        return;
      case "erase":
        this.#forgetting.erase(call.ask, this.#settle<"erase">(number));
    }
  }

  #write<Type extends CallType>(number: number, work: Work<Answer<Type>>): void {
    this.#commits.do(work, this.#settle(number));
  }

  #answer<Type extends CallType>(number: number, read: () => Answer<Type>): void {
    const settle = this.#settle<Type>(number);
    try {
      settle({ result: read() });
    } catch (error) {
      settle({ error });
    }
  }

  #settle<Type extends CallType>(number: number): Settle<Answer<Type>> {
    return (outcome) => {
      this.#answers.push(
        "error" in outcome
          ? { number, failure: failureOf(this.#file.path, outcome.error) }
          : { number, answer: outcome.result },
      );
      this.#flushLater();
    };
  }

  /** At once for all that is settled now. */
  #flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#answers.length === 0 && this.#head === this.#toldHead && this.#ready.length === 0) return;
    const answers = this.#answers;
    const transfer = this.#transfer;
    this.#answers = [];
    this.#transfer = [];
    this.#toldHead = this.#head;
    this.#post({ type: "answers", answers, head: this.#head, ready: this.#takeReady() }, transfer);
  }

  #takeReady(): readonly string[] | "all" {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #committed(state: LogState, before: LogState): void {
    this.#checkpointer.committed();
    this.#head = Math.max(this.#head, state.head);
    const readied = this.#queues.takeReadied();
    if (before.ready > this.#readyUpTo) this.#ready = "all";
    else if (readied.length > 0 && this.#ready !== "all") this.#ready = [...this.#ready, ...readied];
    this.#readyUpTo = state.ready;
    // Also what it learns of others, and nobody has asked for.
    this.#flushLater();
  }

  #watch(watching: boolean): void {
    if (watching) this.#others.start();
    else this.#others.stop();
  }

  /** Tells what others have done. @returns whether anybody has committed since. */
  #look(): boolean {
    const version = this.#reader.version();
    if (version === this.#version) return false;
    this.#version = version;
    const { head, ready } = this.#reader.state();
    if (head <= this.#head && ready <= this.#readyUpTo) return true;
    if (ready > this.#readyUpTo) this.#ready = "all";
    this.#readyUpTo = ready;
    this.#head = Math.max(head, this.#head);
    this.#flush();
    return true;
  }
}

function tasksOf({ incoming, at, count }: Part, { dueAt, priority }: NewTasks): IncomingTasks {
  return { records: incoming.records, names: incoming.names, at, count, dueAt, priority };
}
