import type {
  ClaimedTask,
  DeadTask,
  EnqueuedTask,
  NewTask,
  Settlement,
  TaskCounts,
  TaskQuery,
  Tasks,
} from "@eventwire/core";
import { checkSize } from "./log.js";
import type { Storage } from "./storage.js";
import type { TaskWatchers } from "./task-watchers.js";

/** The tasks in the file. */
export class SqliteTasks implements Tasks {
  readonly #storage: () => Storage;
  readonly #watchers: TaskWatchers;

  /** @param storage throws when the broker is closed. */
  constructor(storage: () => Storage, watchers: TaskWatchers) {
    this.#storage = storage;
    this.#watchers = watchers;
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
}
