import { ClosedError } from "@eventwire/queue";
import type { RemoteBacking } from "./backing/remote-backing.js";
import type { RemoteTasks } from "./backing/remote-tasks.js";
import type { DurableEvents, DurableOptions, Worker } from "./backing.js";
import { type Begun, refused } from "./begun.js";
import type { BusCore, Uplink } from "./bus-core.js";
import { capture } from "./capture.js";
import type { Chain } from "./cause.js";
import { checkWork } from "./check-work.js";
import { taskDefinition } from "./contract.js";
import type { TaskDefinition } from "./definition.js";
import { emitDurable } from "./emit-durable.js";
import { describe } from "./errors/describe.js";
import { UnsupportedError } from "./errors/unsupported-error.js";
import type { Group } from "./group.js";
import { encodeJson } from "./json.js";
import type { Keeper } from "./keeper.js";
import { laterBegun } from "./later-begun.js";
import { laterEvents } from "./later-events.js";
import type { Listener } from "./listeners.js";
import type { Offset, Receipt } from "./message.js";
import type { Topic } from "./topic.js";
import type { EnqueueOptions, TaskQueue, TaskReceipt, WorkOptions } from "./work.js";

/** That of a client's bus, which keeps nothing itself: what listens to its server's log is loaded when the first listener does. */
export class ClientKeeper implements Keeper {
  readonly maxBodyBytes = 0;
  readonly #core: BusCore;
  readonly #uplink: Uplink;
  #loading: Promise<RemoteBacking> | undefined;
  #loadingTasks: Promise<RemoteTasks> | undefined;

  constructor(core: BusCore, uplink: Uplink) {
    this.#core = core;
    this.#uplink = uplink;
  }

  listen(pattern: string, topics: readonly Topic[], options: DurableOptions, call: Listener): Begun {
    return laterBegun<RemoteBacking>(
      (ask) => this.#remote().then(ask),
      (remote) => remote.listen(pattern, topics, options, call),
    );
  }

  iterate(topic: Topic, options: DurableOptions): DurableEvents {
    return laterEvents(this.#remote().then((remote) => remote.iterate(topic, options)));
  }

  position(): Promise<Offset> {
    return this.#core.closed
      ? Promise.reject(new ClosedError("The log was not asked for its position"))
      : this.#uplink.position();
  }

  emit(topic: Topic, data: unknown, said: Chain | undefined): Promise<Receipt> {
    return emitDurable(this.#core, topic, data, said, (message) => {
      const { name, cause, silent } = message;
      // At once: a later change of the data changes nothing.
      const body = encodeJson(cause.length > 0 ? [data, cause] : [data], name, 1);
      const receipt = this.#uplink.append(message, body);
      if (!silent) this.#core.inspect?.({ type: "emitted", message });
      return receipt;
    });
  }

  append({ name }: { readonly name: string }): Promise<never> {
    return noLog(name);
  }

  has({ name }: { readonly name: string }): Promise<never> {
    return noLog(name);
  }

  find(name: string): Promise<never> {
    return noLog(name);
  }

  async enqueue(
    name: string,
    definition: TaskDefinition,
    data: unknown,
    options: EnqueueOptions,
    said: Chain | undefined,
  ): Promise<TaskReceipt> {
    const { closed, newId } = this.#core;
    if (closed) throw new ClosedError(`"${name}" was not enqueued`, name);
    // A later change of the data changes nothing.
    const task = { id: newId(), data: capture(data), options, said: this.#core.causeOr(said) };
    return (await this.#remoteTasks()).enqueue(name, definition, task);
  }

  work(name: string, definition: TaskDefinition, worker: Worker, options: WorkOptions): Begun {
    checkWork(name, options);
    if (options.signal?.aborted) return { ready: Promise.resolve(), stop: nothing };
    if (this.#core.closed)
      return refused(Promise.reject(new ClosedError(`"${name}" is not worked on`, name)));
    return laterBegun<RemoteTasks>(
      (ask) => this.#remoteTasks().then(ask),
      (tasks) => tasks.work(name, definition, worker, options),
    );
  }

  workBatch(name: string): Begun {
    return refused(noBatch(name));
  }

  tasks(name: string): TaskQueue {
    const definition = taskDefinition(this.#core.contract, name);
    const queue = async () => (await this.#remoteTasks()).queue(name, definition);
    return {
      counts: async () => (await queue()).counts(),
      dead: async () => (await queue()).dead(),
      redrive: async (ids) => (await queue()).redrive(ids),
      forget: async (options) => (await queue()).forget(options),
      result: async (id, options) => (await queue()).result(id, options),
      state: async (id) => (await queue()).state(id),
      watch: (id, options) => laterEvents(queue().then((one) => one.watch(id, options))),
      cancel: async (ids) => (await queue()).cancel(ids),
      pause: async () => (await queue()).pause(),
      resume: async () => (await queue()).resume(),
    };
  }

  group(name: string): Group {
    const ask = () => notHere(name);
    return { dead: ask, redrive: ask, lag: ask };
  }

  async drain(): Promise<void> {
    await Promise.all([
      this.#uplink.appended(),
      this.#loading?.then((remote) => remote.drain()).catch(nothing),
      this.#loadingTasks?.then((tasks) => tasks.drain()).catch(nothing),
    ]);
  }

  async close(): Promise<void> {
    await this.#loading?.then((remote) => remote.close()).catch(nothing);
    if (this.#loadingTasks) await this.#loadingTasks.then((tasks) => tasks.close()).catch(nothing);
  }

  #remoteTasks(): Promise<RemoteTasks> {
    if (!this.#loadingTasks) {
      this.#loadingTasks = loadTasks(this.#core, this.#uplink);
      this.#loadingTasks.catch(() => {
        this.#loadingTasks = undefined;
      });
    }
    return this.#loadingTasks;
  }

  #remote(): Promise<RemoteBacking> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<RemoteBacking> {
    try {
      const { RemoteBacking } = await import("./backing/remote-backing.js");
      return new RemoteBacking(this.#core, this.#uplink);
    } catch (cause) {
      this.#loading = undefined;
      throw new UnsupportedError(`What listens to durable events was not loaded: ${describe(cause)}`, {
        cause,
      });
    }
  }
}

/** Loaded with the first task, which one who only listens has none of. */
async function loadTasks(core: BusCore, uplink: Uplink): Promise<RemoteTasks> {
  try {
    const { RemoteTasks } = await import("./backing/remote-tasks.js");
    return new RemoteTasks(core, uplink);
  } catch (cause) {
    throw new UnsupportedError(`What tasks at a client need was not loaded: ${describe(cause)}`, { cause });
  }
}

function noLog(name: string): Promise<never> {
  return lacks(name, "durable and needs a log");
}

async function notHere(name: string): Promise<never> {
  const words = `The group "${name}" is looked after at the server: a client can be a member of it, and no more.`;
  throw new UnsupportedError(words, { name });
}

async function noBatch(name: string): Promise<never> {
  const words = `"${name}" is worked on one by one at a client: use work() with a concurrency, or a server.`;
  throw new UnsupportedError(words, { name });
}

async function lacks(name: string, what: string): Promise<never> {
  throw new UnsupportedError(`"${name}" is ${what}, which a client's bus does not have yet.`, { name });
}

function nothing(): undefined {
  return undefined;
}
