import { AbortedError, ClosedError } from "@eventwire/queue";
import type { DeadTask, TaskCounts, TaskState } from "../broker.js";
import { checkCount } from "../check-count.js";
import type { TaskDefinition } from "../definition.js";
import { CancelledError } from "../errors/cancelled-error.js";
import { TaskDeadError } from "../errors/task-dead-error.js";
import { UnknownTaskError } from "../errors/unknown-task-error.js";
import type { DeadLetter, TaskQueue, TaskStatus } from "../work.js";
import { type Body, decodeBody } from "./body.js";
import type { Store } from "./store.js";
import type { TaskStates } from "./task-states.js";

/** How many dead tasks are listed at once. */
const pageSize = 100;

interface Waiting {
  readonly signal?: AbortSignal | undefined;
}

/** The tasks of a name, to look at, to wait for and to mend. */
export class TaskAdmin implements TaskQueue {
  readonly #store: Store;
  readonly #name: string;
  readonly #definition: TaskDefinition;
  readonly #states: TaskStates;

  constructor(store: Store, name: string, definition: TaskDefinition, states: TaskStates) {
    this.#store = store;
    this.#name = name;
    this.#definition = definition;
    this.#states = states;
  }

  counts(): Promise<TaskCounts> {
    return this.#store.persist("count tasks", () => this.#store.tasks.counts(this.#name));
  }

  async dead({
    after,
    limit = pageSize,
  }: {
    readonly after?: string;
    readonly limit?: number;
  } = {}): Promise<readonly DeadLetter[]> {
    checkCount("limit", limit, this.#name);
    const { tasks } = this.#store;
    const dead = await this.#store.persist("list dead tasks", () => tasks.dead(this.#name, after, limit));
    return dead.map(letterOf);
  }

  redrive(ids: readonly string[] | "all"): Promise<number> {
    return this.#store.persist("redrive tasks", () => this.#store.tasks.redrive(this.#name, ids));
  }

  async forget({ before }: { readonly before: Date }): Promise<number> {
    const time = before.getTime();
    return this.#store.persist("forget dead tasks", () => this.#store.tasks.forget(this.#name, time));
  }

  cancel(ids: string | readonly string[]): Promise<number> {
    const all = typeof ids === "string" ? [ids] : ids;
    return this.#store.persist("cancel tasks", () => this.#store.tasks.cancel(this.#name, all));
  }

  pause(): Promise<void> {
    return this.#store.persist("pause tasks", () => this.#store.tasks.pause(this.#name, true));
  }

  resume(): Promise<void> {
    return this.#store.persist("resume tasks", () => this.#store.tasks.pause(this.#name, false));
  }

  async state(id: string): Promise<TaskStatus | undefined> {
    const { tasks } = this.#store;
    const [state] = await this.#store.persist("tell how a task stands", () => tasks.states([id]));
    return state?.name === this.#name ? this.#statusOf(state) : undefined;
  }

  result(id: string, { signal }: Waiting = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const abort = () => end(() => reject(new AbortedError(this.#name, signal?.reason)));
      const end = (settle: () => void) => {
        stop();
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const stop = this.#states.follow(id, {
        told: (state) => {
          try {
            const status = this.#ended(id, state);
            if (status) end(() => resolve(status.result));
          } catch (error) {
            end(() => reject(error));
          }
        },
        failed: (error) => end(() => reject(error)),
      });
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
    });
  }

  async *watch(id: string, { signal }: Waiting = {}): AsyncGenerator<TaskStatus, undefined> {
    let news: TaskState | "unknown" | undefined;
    let failure: unknown;
    let wake: () => void = nothing;
    const stop = this.#states.follow(id, {
      told: (state) => {
        news = state ?? "unknown";
        wake();
      },
      failed: (error) => {
        failure = error;
        wake();
      },
    });
    const abort = () => wake();
    signal?.addEventListener("abort", abort);
    let before: TaskState | undefined;
    try {
      for (;;) {
        while (!signal?.aborted && failure === undefined && news === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (signal?.aborted || failure instanceof ClosedError) return undefined;
        if (failure !== undefined) throw failure;
        const state = news === "unknown" ? undefined : news;
        news = undefined;
        // What is known no longer is over.
        if (!state && before) return undefined;
        if (!state) throw new UnknownTaskError(this.#name, id);
        if (before && isSame(before, state)) continue;
        before = state;
        yield this.#statusOf(state);
        if (isOver(state)) return undefined;
      }
    } finally {
      stop();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** How a task stands that is done; nothing where it may still be. */
  #ended(id: string, state: TaskState | undefined): TaskStatus | undefined {
    if (!state) throw new UnknownTaskError(this.#name, id);
    if (state.state === "dead") throw new TaskDeadError(this.#name, id, state.reason ?? "");
    if (state.state === "cancelled") throw new CancelledError(this.#name, id);
    return state.state === "done" ? this.#statusOf(state) : undefined;
  }

  #statusOf({ id, key, state, attempt, progress, result, reason }: TaskState): TaskStatus {
    const { result: schema } = this.#definition;
    return {
      ...{ id, key, state, attempt, reason },
      progress: progress && decodeBody(progress).data,
      result: result && this.#checked(schema, decodeBody(result)),
    };
  }

  #checked(schema: TaskDefinition["result"], body: Body): unknown {
    return (schema ? this.#store.check(schema, this.#name, body) : body).data;
  }
}

function isOver({ state }: TaskState): boolean {
  return state === "done" || state === "dead" || state === "cancelled";
}

function isSame(one: TaskState, other: TaskState): boolean {
  return (
    one.state === other.state &&
    one.attempt === other.attempt &&
    String(one.progress) === String(other.progress)
  );
}

function letterOf({ id, body, key, time, attempt: attempts, reason, diedAt }: DeadTask): DeadLetter {
  return { id, ...bodyOf(body), key, time, attempts, reason, diedAt };
}

/** A task may be dead for the very reason that it cannot be read. */
function bodyOf(body: Uint8Array): Body {
  try {
    return decodeBody(body);
  } catch {
    return { data: undefined, cause: [] };
  }
}

function nothing(): undefined {
  return undefined;
}
