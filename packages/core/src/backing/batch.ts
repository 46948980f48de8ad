import { MisuseError } from "@eventwire/queue";
import type { BatchTask } from "../task-context.js";
import type { Body } from "./body.js";
import type { Run } from "./run.js";
import { TaskMessage } from "./task-message.js";

/** A task of a batch, which may fail alone. */
export class BatchMessage extends TaskMessage {
  readonly outcome: Promise<unknown>;
  readonly fail: (error: unknown) => void;
  readonly done: (value: unknown) => void;

  constructor(run: Run, body: Body) {
    super(run, body);
    let settle!: Pick<BatchMessage, "fail" | "done">;
    this.outcome = new Promise((done, fail) => {
      settle = { done, fail };
    });
    // It may fail before anybody waits for it.
    this.outcome.catch(() => undefined);
    this.fail = settle.fail;
    this.done = settle.done;
  }
}

/** Tasks that are given to a worker together, once middleware has let each of them pass, or has not. */
export class Batch {
  readonly #worker: (tasks: readonly BatchTask[]) => unknown;
  readonly #gives: boolean;
  readonly #joined: BatchMessage[] = [];
  #expected: number;

  /** @param gives whether the worker returns a result for each. */
  constructor(worker: (tasks: readonly BatchTask[]) => unknown, expected: number, gives: boolean) {
    this.#worker = worker;
    this.#expected = expected;
    this.#gives = gives;
  }

  /** A task is to be done with the others. Resolves with what it gives. */
  join(message: BatchMessage): Promise<unknown> {
    this.#joined.push(message);
    this.#beginIfWhole();
    return message.outcome;
  }

  /** A task has ended without joining. */
  leave(message: BatchMessage | undefined): void {
    if (message && this.#joined.includes(message)) return;
    this.#expected -= 1;
    this.#beginIfWhole();
  }

  #beginIfWhole(): void {
    if (this.#joined.length < this.#expected || this.#expected === 0) return;
    this.#expected = Number.POSITIVE_INFINITY;
    void this.#begin();
  }

  async #begin(): Promise<void> {
    const tasks = this.#joined;
    try {
      const results = await this.#worker(tasks as readonly unknown[] as readonly BatchTask[]);
      if (this.#gives && !(Array.isArray(results) && results.length === tasks.length)) {
        throw new MisuseError("A batch of tasks that have results must return an array, with one for each.");
      }
      for (const [index, task] of tasks.entries())
        task.done(this.#gives ? (results as unknown[])[index] : undefined);
    } catch (error) {
      for (const task of tasks) task.fail(error);
    }
  }
}
