import { AbortedError, MisuseError } from "@eventwire/queue";
import type { NewWork } from "../backing.js";
import type { EnqueuedTask, NewTask } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import { Chain } from "../cause.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import type { TaskReceipt } from "../work.js";
import { bodyOf, checkKey, checkRoom, explain, textFlaw } from "./admission.js";
import { checkOneEach } from "./answers.js";
import { Committer } from "./committer.js";
import type { Store } from "./store.js";

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
    const task = this.#taskOf(work);
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

  /** @throws {InvalidError | MisuseError | OverflowError | UnsupportedError} */
  #taskOf({ id, name, data, key, time, cause, options }: NewWork): NewTask {
    const { features } = this.#store.broker;
    const { delay, priority, dedupe } = options;
    if (delay !== undefined && !(delay >= 0 && delay < Number.POSITIVE_INFINITY)) {
      throw refused(name, `delay must be a finite number of milliseconds, at least 0; it is ${delay}`);
    }
    if (priority !== undefined && !Number.isFinite(priority)) {
      throw refused(name, `priority must be a finite number; it is ${priority}`);
    }
    const flaw = dedupe === undefined ? undefined : textFlaw(dedupe);
    if (flaw) throw refused(name, `dedupe ${flaw}`);
    if (delay && !features.tasks.delay) throw lacks(name, "a delay", "tasks.delay");
    if (priority && !features.tasks.priority) throw lacks(name, "a priority", "tasks.priority");
    checkRoom(name, "enqueued", this.#committer.size, this.#core.mailboxLimit);
    return {
      id: dedupe === undefined ? id : `${name}:${dedupe}`,
      name,
      key: checkKey(name, key),
      time,
      dueAt: delay ? time + delay : undefined,
      priority,
      body: bodyOf(name, { data, cause: Chain.told(cause) }, features.maxBodyBytes),
    };
  }
}

function refused(name: string, why: string): MisuseError {
  return new MisuseError(`"${name}" was not enqueued: ${why}.`, { name });
}

function lacks(name: string, what: string, feature: string): UnsupportedError {
  return new UnsupportedError(`"${name}" was not enqueued with ${what}: the broker has none (${feature}).`, {
    name,
  });
}

/** The same, unless the signal aborts first. Who waits no longer is not told of a rejection either. */
function unless<Result>(
  signal: AbortSignal | undefined,
  name: string,
  promise: Promise<Result>,
): Promise<Result> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new AbortedError(name, signal.reason));
    const settle = () => signal.removeEventListener("abort", abort);
    promise.then(resolve, reject).finally(settle);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}
