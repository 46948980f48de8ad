import type { Runtime } from "@eventwire/queue";
import type { Write, Written } from "../broker.js";
import { KnownIds } from "./known-ids.js";
import type { MemoryLog } from "./log.js";
import type { MemoryTasks } from "./tasks/tasks.js";

/** Transactions in memory: what stands against one is looked for first, then all of it is done in one turn. */
export class MemoryWrites {
  readonly #runtime: Runtime;
  readonly #log: MemoryLog;
  readonly #tasks: MemoryTasks;
  readonly #known: KnownIds<true>;
  readonly #check: () => void;

  /** @param check throws when the broker is closed. */
  constructor(runtime: Runtime, log: MemoryLog, tasks: MemoryTasks, dedupeWindow: number, check: () => void) {
    this.#runtime = runtime;
    this.#log = log;
    this.#tasks = tasks;
    this.#known = new KnownIds(dedupeWindow);
    this.#check = check;
  }

  async write({ id, save = [], settle = [], append = [], enqueue = [] }: Write): Promise<Written> {
    this.#check();
    const log = this.#log;
    const tasks = this.#tasks;
    const now = this.#runtime.monotonic();
    if (this.#known.get(id, now)) {
      return {
        type: "written",
        duplicate: true,
        appended: append.map(({ id }) => ({ type: "appended", offset: log.offsetOf(id), duplicate: true })),
        enqueued: enqueue.map(({ id }) => ({ id, duplicate: true })),
      };
    }
    const cursor = log.lostCursor(save);
    if (cursor) return { type: "refused", by: "cursor", id: cursor.cursor };
    const task = tasks.firstLost(settle);
    if (task) return { type: "refused", by: "task", id: task.id };
    const producer = log.refusedProducer(append);
    if (producer) return { type: "refused", by: "producer", id: producer.id };
    tasks.checkNew(enqueue, settle);
    this.#known.add(id, true, now);
    // Each is done when it is called. The appends last, for who hears of them looks for the rest.
    const saved = save.map(({ cursor, token, state, lease }) => log.save(cursor, token, state, lease));
    const settled = tasks.settle(settle);
    const enqueued = tasks.enqueue(enqueue);
    const appended = log.append(append);
    await Promise.all([...saved, settled]);
    return {
      type: "written",
      duplicate: false,
      appended: (await appended).filter((one) => one.type === "appended"),
      enqueued: await enqueued,
    };
  }
}
