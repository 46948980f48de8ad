import { checkAtLeast, checkCount } from "./amount.js";
import type { Consumer, Dispatch } from "./dispatch.js";
import type { QueueEntry } from "./entry.js";
import { AttemptTimeoutError } from "./errors/attempt-timeout-error.js";
import type { Work, WorkOptions } from "./queue.js";
import type { Runtime } from "./runtime.js";

export interface WorkLoopOptions<Data> extends WorkOptions {
  readonly name: string;
  readonly runtime: Runtime;
  readonly dispatch: Dispatch<Data>;
  readonly work: Work<Data>;
}

/** Works on up to so many entries at once. */
export class WorkLoop<Data> implements Consumer<Data> {
  inLine = false;
  readonly #name: string;
  readonly #runtime: Runtime;
  readonly #dispatch: Dispatch<Data>;
  readonly #work: Work<Data>;
  readonly #concurrency: number;
  readonly #timeout: number;
  #running = 0;
  #stopped = false;
  /** Those that are free, so that no functions are made for each entry. */
  readonly #slots: Slot<Data>[] = [];

  /** @throws {MisuseError} when concurrency or timeout is no such number. */
  constructor(options: WorkLoopOptions<Data>) {
    const { concurrency = 1, timeout = Number.POSITIVE_INFINITY, name } = options;
    checkCount(1, concurrency, "concurrency", name);
    checkAtLeast(0, timeout, "timeout", name);
    this.#name = name;
    this.#runtime = options.runtime;
    this.#dispatch = options.dispatch;
    this.#work = options.work;
    this.#concurrency = concurrency;
    this.#timeout = timeout;
  }

  give(entry: QueueEntry<Data>): boolean {
    try {
      const result = this.#work(entry.data, entry);
      if (result !== undefined && isThenable(result)) this.#await(entry, result);
      else entry.done();
    } catch (error) {
      entry.fail(error);
    }
    return this.#running < this.#concurrency;
  }

  stop(): void {
    this.#stopped = true;
    this.#dispatch.leave(this);
  }

  #await(entry: QueueEntry<Data>, result: PromiseLike<unknown>): void {
    this.#running += 1;
    const slot = this.#slots.pop() ?? new Slot<Data>((ended) => this.#ended(ended));
    slot.entry = entry;
    if (this.#timeout !== Number.POSITIVE_INFINITY) {
      slot.cancelTimer = this.#runtime.timer(() => this.#timedOut(slot, entry), this.#timeout);
    }
    Promise.resolve(result).then(slot.fulfilled, slot.rejected);
  }

  #timedOut(slot: Slot<Data>, entry: QueueEntry<Data>): void {
    const error = new AttemptTimeoutError(this.#name, entry.id, this.#timeout);
    // Whatever comes of its promise now finds the slot without an entry; it is not used again.
    slot.entry = undefined;
    entry.fail(error);
    entry.abort(error);
    this.#free();
  }

  #ended(slot: Slot<Data>): void {
    this.#slots.push(slot);
    this.#free();
  }

  #free(): void {
    this.#running -= 1;
    if (this.#stopped) return;
    this.#dispatch.join(this);
    this.#dispatch.pump();
  }
}

/** Awaits the work on one entry after another. */
class Slot<Data> {
  entry: QueueEntry<Data> | undefined;
  cancelTimer: (() => void) | undefined;
  readonly fulfilled: () => void;
  readonly rejected: (error: unknown) => void;

  constructor(ended: (slot: Slot<Data>) => void) {
    this.fulfilled = () => {
      if (this.#end()?.done() !== undefined) ended(this);
    };
    this.rejected = (error) => {
      if (this.#end()?.fail(error) !== undefined) ended(this);
    };
  }

  #end(): QueueEntry<Data> | undefined {
    const { entry } = this;
    this.entry = undefined;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    return entry;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
