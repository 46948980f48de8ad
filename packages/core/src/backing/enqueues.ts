import type { NewWork } from "../backing.js";
import type { BrokerFeatures, EnqueuedTask, NewTask } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import { Chain } from "../cause.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import type { TaskReceipt } from "../work.js";
import { bodyOf, checkKey, checkRoom, explain } from "./admission.js";
import { checkOneEach } from "./answers.js";
import { Committer } from "./committer.js";
import { checkEnqueueOptions } from "./enqueue-options.js";
import type { Store } from "./store.js";
import { unless } from "./unless.js";

/** The tasks that a bus enqueues, on their way to the broker. */
export class Enqueues {
  readonly #core: BusCore;
  readonly #store: Store;
  readonly #committer: Committer<NewTask, EnqueuedTask>;

  constructor(core: BusCore, store: Store) {
    this.#core = core;
    this.#store = store;
    this.#committer = new Committer(store.runtime, (batch) =>
      store.persistByIds("enqueue", async () => checkOneEach(await store.tasks.enqueue(batch), batch.length)),
    );
  }

  async enqueue(work: NewWork): Promise<TaskReceipt> {
    const { name, cause, options } = work;
    const task = this.taskOf(work);
    let enqueued: EnqueuedTask;
    try {
      enqueued = await unless(options.signal, name, this.#committer.commit(task, task.body.length));
    } catch (error) {
      throw explain(error, name, "enqueued");
    }
    const { id, duplicate } = enqueued;
    if (!cause?.silent) {
      this.#core.inspect?.({ type: "task.enqueued", id, name, key: task.key, duplicate });
    }
    return { id, durability: this.#store.broker.features.durability, duplicate };
  }

  idle(): Promise<void> {
    return this.#committer.idle();
  }

  get features(): BrokerFeatures {
    return this.#store.broker.features;
  }

  /** @throws {InvalidError | MisuseError | OverflowError | UnsupportedError} */
  taskOf({ id, name, data, key, time, cause, keep, options }: NewWork): NewTask {
    const { features } = this;
    checkEnqueueOptions(name, options);
    const { delay, at, priority, dedupe, after = [] } = options;
    const dueAt = at?.getTime() ?? (delay ? time + delay : undefined);
    if (dueAt !== undefined && !features.tasks.delay) throw lacks(name, "a delay", "tasks.delay");
    if (after.length > 0 && !features.tasks.after) throw lacks(name, "others before it", "tasks.after");
    if (keep > 0 && !features.tasks.results) throw lacks(name, "what became of it kept", "tasks.results");
    if (priority && !features.tasks.priority) throw lacks(name, "a priority", "tasks.priority");
    checkRoom(name, "enqueued", this.#committer.size, this.#core.mailboxLimit);
    return {
      id: dedupe === undefined ? id : `${name}:${dedupe}`,
      name,
      key: checkKey(name, key),
      time,
      dueAt,
      priority,
      after: after.length > 0 ? after : undefined,
      keep,
      body: bodyOf(name, { data, cause: Chain.told(cause) }, features.maxBodyBytes),
    };
  }
}

function lacks(name: string, what: string, feature: string): UnsupportedError {
  return new UnsupportedError(`"${name}" was not enqueued with ${what}: the broker has none (${feature}).`, {
    name,
  });
}
