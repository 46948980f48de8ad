import type {
  Answer,
  Answered,
  Ask,
  Call,
  CallType,
  FromThread,
  ThreadData,
  ToThread,
  Turn,
  Watching,
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
import { LogReader } from "./reader.js";
import { type Answering, type TaskCall, TaskServer, tasksOf } from "./task-server.js";
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
  readonly #tasks: TaskServer;
  readonly #writes: Writes;
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
  /** The names of which it may have changed how tasks stand, likewise. */
  #changed: readonly string[] | "all" = [];
  #changedUpTo: number;
  #watching: Watching = { others: false, states: false };
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
        this.#tasks.queues.undo();
        this.#writes.undo();
      },
    });
    this.#cursors = new Cursors(file.writer);
    this.#checkpointer = new Checkpointer(file.writer, file.path, walBytes);
    const now = () => this.#now();
    const trouble = (error: unknown) => this.#trouble(error);
    this.#forgetting = new Forgetting(file, this.#commits, data, now, trouble);
    const answer: Answering = (number) => this.#settle(number);
    this.#tasks = new TaskServer(file, this.#commits, data.dedupeWindow, answer, now, trouble);
    this.#writes = new Writes(file.writer, this.#cursors, this.#tasks.queues, data.dedupeWindow);
    this.#others = new CommitWatcher(file.path, () => this.#look(), watching);
    const { head, ready, changed } = this.#reader.state();
    this.#head = head;
    this.#toldHead = head;
    this.#readyUpTo = ready;
    this.#changedUpTo = changed;
  }

  receive(message: Exclude<ToThread, { readonly type: "close" }>): void {
    if (message.type === "watch") this.#watch(message.watching);
    else this.#take(message);
  }

  /** Does what was asked so far, and lets go of the file. */
  async close(drain: number): Promise<void> {
    this.#watch({ others: false, states: false });
    this.#forgetting.stop();
    this.#tasks.stop();
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

  #take({ now, calls, records: bytes, names, producers, asked }: Turn): void {
    this.#told = { now, at: performance.now() };
    const records = new Records(bytes);
    const incoming: Incoming = { records, names, producers, asked };
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
      } else if (call.type === "enqueue")
        this.#tasks.enqueue(take(call.ask.count), call.ask, now, call.number);
      else if (call.type === "write") {
        const part = take(call.ask.append);
        this.#writeAll(call.ask, part, take(call.ask.enqueue.count), now, call.number);
      } else this.#do(call, now);
    }
    this.#flush();
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
      { bytes: part.bytes + enqueued.bytes, asked: part.incoming.asked },
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
      case "compact":
        this.#forgetting.compact(call.ask, this.#settle<"compact">(number));
        return;
      case "erase":
        this.#forgetting.erase(call.ask, this.#settle<"erase">(number));
        return;
      default:
        this.#tasks.do(call satisfies TaskCall, now);
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
    const isNews = this.#head !== this.#toldHead || this.#ready.length > 0 || this.#changed.length > 0;
    if (this.#answers.length === 0 && !isNews) return;
    const answers = this.#answers;
    const transfer = this.#transfer;
    this.#answers = [];
    this.#transfer = [];
    this.#toldHead = this.#head;
    const ready = this.#ready;
    const changed = this.#changed;
    this.#ready = [];
    this.#changed = [];
    this.#post({ type: "answers", answers, head: this.#head, ready, changed }, transfer);
  }

  #committed(state: LogState, before: LogState): void {
    this.#checkpointer.committed();
    this.#head = Math.max(this.#head, state.head);
    const { queues } = this.#tasks;
    this.#ready = before.ready > this.#readyUpTo ? "all" : joined(this.#ready, queues.takeReadied());
    this.#readyUpTo = state.ready;
    const changed = queues.takeChanged();
    if (this.#watching.states) {
      this.#changed = before.changed > this.#changedUpTo ? "all" : joined(this.#changed, changed);
    }
    this.#changedUpTo = state.changed;
    this.#tasks.committed();
    // Also what it learns of others, and nobody has asked for.
    this.#flushLater();
  }

  #watch(watching: Watching): void {
    this.#watching = watching;
    if (watching.others) this.#others.start();
    else this.#others.stop();
  }

  /** Tells what others have done. @returns whether anybody has committed since. */
  #look(): boolean {
    const version = this.#reader.version();
    if (version === this.#version) return false;
    this.#version = version;
    const { head, ready, changed } = this.#reader.state();
    if (ready > this.#readyUpTo) this.#ready = "all";
    if (changed > this.#changedUpTo && this.#watching.states) this.#changed = "all";
    this.#readyUpTo = ready;
    this.#changedUpTo = changed;
    this.#head = Math.max(head, this.#head);
    this.#flush();
    return true;
  }
}

function joined(names: readonly string[] | "all", more: readonly string[]): readonly string[] | "all" {
  if (names === "all" || more.length === 0) return names;
  return [...new Set([...names, ...more])];
}
