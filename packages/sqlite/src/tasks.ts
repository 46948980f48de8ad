import type {
  ClaimedTask,
  DeadTask,
  EnqueuedTask,
  NewTask,
  Settlement,
  TaskCounts,
  TaskQuery,
  TaskState,
  Tasks,
} from "@eventwire/core";
import { checkSize } from "./log.js";
import type { Reclaim } from "./messages.js";
import type { Storage } from "./storage.js";
import type { TaskWatchers } from "./task-watchers.js";

/** How many are cancelled in one transaction: others wait for it. */
const cancelAtOnce = 1_000;

/** The tasks in the file. */
export class SqliteTasks implements Tasks {
  readonly #storage: () => Storage;
  readonly #watchers: TaskWatchers;
  readonly #stateWatchers: TaskWatchers;

  /** @param storage throws when the broker is closed. */
  constructor(storage: () => Storage, watchers: TaskWatchers, stateWatchers: TaskWatchers) {
    this.#storage = storage;
    this.#watchers = watchers;
    this.#stateWatchers = stateWatchers;
  }

  async enqueue(batch: readonly NewTask[]): Promise<readonly EnqueuedTask[]> {
    const storage = this.#storage();
    for (const task of batch) checkSize(task);
    return batch.length === 0 ? [] : storage.enqueue(batch);
  }

  async claim(query: TaskQuery): Promise<readonly ClaimedTask[]> {
    const { tasks, next } = await this.#storage().ask("claim", query);
    if (next !== undefined) this.#watchers.tell(query.names, next);
    return tasks;
  }

  async reclaim(query: Reclaim): Promise<readonly ClaimedTask[]> {
    return this.#storage().ask("reclaim", query);
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly boolean[]> {
    const storage = this.#storage();
    return settlements.length === 0 ? [] : storage.ask("settle", { settlements });
  }

  watch(names: readonly string[], hint: (dueAt?: number) => void): () => void {
    return this.#watchers.add(names, hint);
  }

  async counts(name: string): Promise<TaskCounts> {
    return this.#storage().ask("counts", { name });
  }

  async dead(name: string, after?: string, limit = Number.MAX_SAFE_INTEGER): Promise<readonly DeadTask[]> {
    return this.#storage().ask("dead", { name, after, limit });
  }

  async redrive(name: string, ids: readonly string[] | "all"): Promise<number> {
    return this.#storage().ask("redrive", { name, ids });
  }

  async cancel(name: string, ids: readonly string[]): Promise<number> {
    let count = 0;
    for (let from = 0; from < ids.length; from += cancelAtOnce) {
      count += await this.#storage().ask("cancel", { name, ids: ids.slice(from, from + cancelAtOnce) });
    }
    return count;
  }

  async pause(name: string, paused: boolean): Promise<void> {
    await this.#storage().ask("pause", { name, paused });
  }

  async forget(name: string, before: number): Promise<number> {
    return this.#storage().ask("forget", { name, before });
  }

  async states(ids: readonly string[]): Promise<readonly (TaskState | undefined)[]> {
    return this.#storage().ask("states", { ids });
  }

  watchStates(names: readonly string[], hint: () => void): () => void {
    return this.#stateWatchers.add(names, () => hint());
  }
}
