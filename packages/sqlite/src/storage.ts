import type { Worker } from "node:worker_threads";
import {
  type Append,
  type Appended,
  ClosedError,
  type EnqueuedTask,
  InvalidError,
  type NewTask,
  type Producer,
  type Runtime,
  type Write,
  type Written,
} from "@eventwire/core";
import type {
  Answer,
  Answered,
  Ask,
  Call,
  CallType,
  Failure,
  FromThread,
  NewTasks,
  ThreadData,
  ToThread,
  Watching,
} from "./messages.js";
import { moment } from "./moment.js";
import { type Recorded, RecordWriter } from "./records.js";
import { spawn } from "./spawn.js";
import { StoreError } from "./store-error.js";

/** How much longer than its drain a thread may take to end, in milliseconds. */
const grace = 500;

interface Pending {
  readonly resolve: (answer: Answer<CallType>) => void;
  readonly reject: (error: unknown) => void;
}

export interface StorageEvents {
  /** The head may have moved. */
  head(head: number): void;
  /** There may be tasks of these names to claim. */
  ready(names: readonly string[] | "all"): void;
  /** It may have changed how tasks of these names stand. */
  changed(names: readonly string[] | "all"): void;
  /** It has ended by itself, so that another one may be begun. */
  ended(): void;
}

/** A file, in the hands of a thread of its own. What is asked in one turn of the event loop goes to it together. */
export class Storage {
  /** Resolves with the epoch of the log; with nothing where it is ended before. */
  readonly opened: Promise<string | undefined>;
  readonly #runtime: Runtime;
  readonly #events: StorageEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #writer = new RecordWriter();
  #calls: Call[] = [];
  #producers = new Map<number, Producer>();
  /** How many records the turn has. */
  #records = 0;
  #number = 0;
  #thread: Worker | undefined;
  #isOpen = false;
  #isEnding = false;
  #flushing = false;
  /** When the first of the calls was asked. */
  #asked = moment();
  #watching: Watching = { others: false, states: false };
  #head = 0;
  #onOpened!: { readonly resolve: (epoch?: string) => void; readonly reject: (error: unknown) => void };
  readonly #exited: Promise<void>;
  #onExited!: () => void;

  /** @param before resolves when the file may be opened. */
  constructor(data: ThreadData, runtime: Runtime, before: Promise<void>, events: StorageEvents) {
    this.#runtime = runtime;
    this.#events = events;
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = { resolve, reject };
    });
    // Who opens it is told; it is opened again by whoever asks for something.
    this.opened.catch(() => undefined);
    this.#exited = new Promise((resolve) => {
      this.#onExited = resolve;
    });
    before
      .then(() => this.#start(data))
      .catch((error: unknown) => {
        this.#lose(error);
        this.#onExited();
      });
  }

  async epoch(): Promise<string> {
    const epoch = await this.opened;
    if (epoch === undefined) throw closed();
    return epoch;
  }

  /** Rejects with a `StoreError` or `ClosedError` when nothing was done, with any other where that is unknown. */
  ask<Type extends CallType>(type: Type, ask: Ask<Type>): Promise<Answer<Type>> {
    return new Promise((resolve, reject) => {
      if (this.#isEnding) {
        reject(closed());
        return;
      }
      const number = ++this.#number;
      this.#pending.set(number, { resolve: resolve as Pending["resolve"], reject });
      if (this.#calls.length === 0) this.#asked = moment();
      this.#calls.push({ number, type, ask } as Call);
      this.#hold();
      this.#flushLater();
    });
  }

  async append(batch: readonly Append[]): Promise<readonly Appended[]> {
    this.#together(() => this.#addEvents(batch));
    const answer = await this.ask("append", { count: batch.length });
    if (typeof answer !== "number") return answer;
    return batch.map((_, index) => ({ type: "appended", offset: answer + index, duplicate: false }));
  }

  enqueue(batch: readonly NewTask[]): Promise<readonly EnqueuedTask[]> {
    return this.ask(
      "enqueue",
      this.#together(() => this.#addTasks(batch)),
    );
  }

  write({ id, save = [], settle = [], append = [], enqueue = [] }: Write): Promise<Written> {
    const tasks = this.#together(() => {
      this.#addEvents(append);
      return this.#addTasks(enqueue);
    });
    const saves = save.map(({ state, ...rest }) => ({ ...rest, state: state && Uint8Array.from(state) }));
    return this.ask("write", {
      id,
      save: saves,
      settle,
      append: append.length,
      enqueue: tasks,
    });
  }

  watch(watching: Watching): void {
    this.#watching = watching;
    if (this.#isOpen) this.#post({ type: "watch", watching });
  }

  /** Gives what was asked for up to `drain` milliseconds. Resolves when the file is let go of. */
  async end(drain: number): Promise<void> {
    this.#isEnding = true;
    if (this.#isOpen) this.#flush();
    else this.#rejectAll(closed());
    this.#onOpened.resolve();
    await this.opened;
    if (this.#isOpen) this.#close(drain);
    const cancel = this.#runtime.timer(() => void this.#thread?.terminate(), drain + grace);
    await this.#exited;
    cancel();
  }

  /** Where a record cannot be written down, nothing of what belongs together stays in the turn. */
  #together<Result>(add: () => Result): Result {
    const length = this.#writer.length;
    const records = this.#records;
    try {
      return add();
    } catch (error) {
      this.#writer.cut(length);
      for (const index of this.#producers.keys()) if (index >= records) this.#producers.delete(index);
      this.#records = records;
      throw error;
    }
  }

  #addEvents(batch: readonly Append[]): void {
    for (const append of batch) {
      if (append.producer) this.#producers.set(this.#records, append.producer);
      this.#add(append);
    }
  }

  #addTasks(batch: readonly NewTask[]): NewTasks {
    const dueAt = new Map<number, number>();
    const priority = new Map<number, number>();
    const after = new Map<number, readonly string[]>();
    const keep = new Map<number, number>();
    for (const [index, task] of batch.entries()) {
      if (task.dueAt !== undefined) dueAt.set(index, task.dueAt);
      if (task.priority !== undefined) priority.set(index, task.priority);
      if (task.after && task.after.length > 0) after.set(index, task.after);
      if (task.keep !== undefined) keep.set(index, task.keep);
      this.#add(task);
    }
    return { count: batch.length, dueAt, priority, after, keep };
  }

  #add(record: Recorded): void {
    this.#records += 1;
    this.#writer.add(record);
  }

  #start(data: ThreadData): void {
    if (this.#isEnding) {
      this.#onExited();
      return;
    }
    const thread = spawn(data);
    this.#thread = thread;
    thread.on("message", (message: FromThread) => this.#receive(message));
    thread.on("error", (error) => this.#lose(error));
    thread.on("exit", (code) => {
      this.#lose(new Error(`it ended with exit code ${code}`));
      this.#onExited();
    });
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case "opened":
        this.#isOpen = true;
        this.#onOpened.resolve(message.epoch);
        if (this.#isEnding) this.#close(0);
        else {
          if (this.#watching.others) this.#post({ type: "watch", watching: this.#watching });
          this.#flush();
          this.#hold();
        }
        return;
      case "failed":
        this.#lose(errorOf(message.failure));
        return;
      case "trouble":
        this.#runtime.log(errorOf(message.failure));
        return;
      case "answers":
        for (const answered of message.answers) this.#settle(answered);
        this.#hold();
        this.#events.ready(message.ready);
        this.#events.changed(message.changed);
        if (message.head <= this.#head) return;
        this.#head = message.head;
        this.#events.head(message.head);
    }
  }

  #settle(answered: Answered): void {
    const pending = this.#pending.get(answered.number);
    this.#pending.delete(answered.number);
    if ("failure" in answered) pending?.reject(errorOf(answered.failure));
    else pending?.resolve(answered.answer);
  }

  /** A process that waits for an answer lives until it has come; one that only watches need not. */
  #hold(): void {
    if (this.#pending.size > 0 || !this.#isOpen || this.#isEnding) this.#thread?.ref();
    else this.#thread?.unref();
  }

  #flushLater(): void {
    if (this.#flushing || !this.#isOpen) return;
    this.#flushing = true;
    this.#runtime.microtask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#calls.length === 0) return;
    const { bytes, names } = this.#writer.take();
    const calls = this.#calls;
    const producers = this.#producers;
    this.#calls = [];
    this.#producers = new Map();
    this.#records = 0;
    const now = this.#runtime.now();
    const asked = this.#asked;
    this.#post({ type: "turn", now, calls, records: bytes, names, producers, asked }, [bytes.buffer]);
  }

  #close(drain: number): void {
    this.#hold();
    this.#post({ type: "close", drain });
  }

  #post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread?.postMessage(message, [...transfer]);
  }

  /** The thread is at its end, called for or not: what became of what was asked is unknown, unless the error says so. */
  #lose(error: unknown): void {
    if (this.#isEnding) this.#rejectAll(new Error("The broker was closed before its file answered."));
    else {
      this.#isEnding = true;
      if (this.#isOpen && this.#pending.size === 0) this.#runtime.log(lost(error));
      this.#events.ended();
      this.#rejectAll(error instanceof StoreError ? error : lost(error));
    }
    this.#isOpen = false;
    this.#onOpened.reject(error instanceof StoreError ? error : lost(error));
  }

  #rejectAll(error: unknown): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}

/** An error that the thread has sent. */
export function errorOf({ code, message, invalid }: Failure): Error {
  if (code === "Closed") return closed();
  if (code === "Invalid") return new InvalidError(invalid!.name, invalid!.issues);
  return code === undefined ? new Error(message) : new StoreError(code, message);
}

function closed(): ClosedError {
  return new ClosedError("Nothing was read or kept", undefined, "broker");
}

function lost(cause: unknown): Error {
  return new Error("The thread of the broker's file is lost.", { cause });
}
