import type { DeadTask, TaskCounts } from "../broker.js";
import { checkCount } from "../check-count.js";
import type { DeadLetter, TaskQueue } from "../work.js";
import { decodeBody } from "./body.js";
import type { Store } from "./store.js";

/** How many dead tasks are listed at once. */
const pageSize = 100;

/** The tasks of a name, to look at and to mend. */
export class TaskAdmin implements TaskQueue {
  readonly #store: Store;
  readonly #name: string;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
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
}

function letterOf({ id, body, key, time, attempt: attempts, reason, diedAt }: DeadTask): DeadLetter {
  return { id, data: dataOf(body), key, time, attempts, reason, diedAt };
}

/** A task may be dead for the very reason that it cannot be read. */
function dataOf(body: Uint8Array): unknown {
  try {
    return decodeBody(body).data;
  } catch {
    return undefined;
  }
}
