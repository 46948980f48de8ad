import { AbortedError, ClosedError } from "@eventwire/queue";
import type { TaskDefinition } from "../definition.js";
import { CancelledError } from "../errors/cancelled-error.js";
import { TaskDeadError } from "../errors/task-dead-error.js";
import { UnknownTaskError } from "../errors/unknown-task-error.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import { ItemIterator } from "../item-iterator.js";
import { encodeJson } from "../json.js";
import { validate } from "../validate.js";
import type { TaskQueue, TaskStatus } from "../work.js";
import type { RemoteTasks } from "./remote-tasks.js";

interface Waiting {
  readonly signal?: AbortSignal | undefined;
}

/** The tasks of a name, to look at and to wait for from across a link. */
export class RemoteQueue implements TaskQueue {
  readonly #tasks: RemoteTasks;
  readonly #name: string;
  readonly #definition: TaskDefinition;

  constructor(tasks: RemoteTasks, name: string, definition: TaskDefinition) {
    this.#tasks = tasks;
    this.#name = name;
    this.#definition = definition;
  }

  async state(id: string): Promise<TaskStatus | undefined> {
    const state = await this.#tasks.persist("state", this.#name, { name: this.#name, id });
    return state === null ? undefined : this.#statusOf(state);
  }

  async result(id: string, { signal }: Waiting = {}): Promise<unknown> {
    for await (const status of this.watch(id, { signal })) {
      const { state, result, reason = "" } = status;
      if (state === "done") return result;
      if (state === "dead") throw new TaskDeadError(this.#name, id, reason);
      if (state === "cancelled") throw new CancelledError(this.#name, id);
    }
    if (signal?.aborted) throw new AbortedError(this.#name, signal.reason);
    if (this.#tasks.core.closed) throw this.#tasks.explain(new ClosedError("", this.#name), this.#name);
    throw new UnknownTaskError(this.#name, id);
  }

  async *watch(id: string, { signal }: Waiting = {}): AsyncGenerator<TaskStatus, undefined> {
    const name = this.#name;
    let before: string | undefined;
    for (let tries = 0; ; ) {
      const place = await this.#tasks.watches.take(signal);
      if (!place) return undefined;
      const items = new ItemIterator(
        (taker, aborted) => this.#tasks.stream("watch", name, { name, id }, { signal: aborted, taker }),
        place.signal,
      );
      try {
        for await (const item of items) {
          tries = 0;
          if (item === null && before === undefined) throw new UnknownTaskError(name, id);
          // What is known no longer is over.
          if (item === null) return undefined;
          const text = encodeJson(item, name);
          if (text === before) continue;
          before = text;
          const status = this.#statusOf(item as TaskStatus);
          yield status;
          if (["done", "dead", "cancelled"].includes(status.state)) return undefined;
        }
        return undefined;
      } catch (error) {
        place.leave();
        if (signal?.aborted || error instanceof ClosedError) return undefined;
        // Its turn is over.
        if (place.signal.aborted) continue;
        if (!(await this.#tasks.again(error, tries++))) {
          if (this.#tasks.core.closed) return undefined;
          throw error;
        }
      } finally {
        place.leave();
      }
    }
  }

  cancel(ids: string | readonly string[]): Promise<number> {
    const all = typeof ids === "string" ? [ids] : ids;
    return this.#tasks.persist("cancel", this.#name, { name: this.#name, ids: all });
  }

  counts(): Promise<never> {
    return this.#notHere("counted");
  }

  dead(): Promise<never> {
    return this.#notHere("listed where they died");
  }

  redrive(): Promise<never> {
    return this.#notHere("redriven");
  }

  forget(): Promise<never> {
    return this.#notHere("forgotten");
  }

  pause(): Promise<never> {
    return this.#notHere("paused");
  }

  resume(): Promise<never> {
    return this.#notHere("resumed");
  }

  async #notHere(what: string): Promise<never> {
    const name = this.#name;
    const words = `The tasks of "${name}" are ${what} at the server: a client sees to its own, one by one.`;
    throw new UnsupportedError(words, { name });
  }

  #statusOf({ id, key, state, attempt, progress, result, reason }: TaskStatus): TaskStatus {
    const { result: schema } = this.#definition;
    const isResult = result !== undefined && schema !== undefined;
    return {
      ...{ id, key, state, attempt, progress, reason },
      result: isResult ? validate(schema, this.#name, result) : undefined,
    };
  }
}
