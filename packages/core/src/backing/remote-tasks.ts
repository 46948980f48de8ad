import { ClosedError } from "@eventwire/queue";
import type { Worker } from "../backing.js";
import type { Begun } from "../begun.js";
import type { BusCore, Uplink } from "../bus-core.js";
import { type Cause, Chain } from "../cause.js";
import type { TaskDefinition } from "../definition.js";
import { isKey } from "../key.js";
import type { TaskQueue, TaskReceipt, WorkOptions } from "../work.js";
import { enqueueAsked, type NamedTask } from "./enqueue-asked.js";
import { isPassing } from "./passing.js";
import { Pauses } from "./pauses.js";
import { Progress } from "./progress.js";
import { RemoteQueue } from "./remote-queue.js";
import { RemoteTaskWorker } from "./remote-worker.js";
import type { TaskAsks } from "./task-wire.js";
import { unless } from "./unless.js";
import { WatchPlaces } from "./watch-places.js";

/** How long to wait before something is asked again, in milliseconds: the first time, and at most. */
const firstWait = 200;
const longestWait = 10_000;
/** The tasks of a broker that is across a link. */
export class RemoteTasks {
  readonly core: BusCore;
  readonly progress = new Progress();
  readonly watches: WatchPlaces;
  /** By which the server knows this bus's workers again, over another link. */
  readonly session: string;
  readonly #uplink: Uplink;
  readonly #pauses: Pauses;
  readonly #workers = new Set<RemoteTaskWorker>();
  #lastWorker = 0;
  #enqueuing = 0;
  #closed = false;

  constructor(core: BusCore, uplink: Uplink) {
    this.core = core;
    this.#uplink = uplink;
    this.#pauses = new Pauses(core.runtime);
    this.watches = new WatchPlaces(core.runtime);
    this.session = core.runtime.randomId();
  }

  /** Whether nothing can be asked any more. */
  get over(): boolean {
    return this.#closed || this.#uplink.over;
  }

  /** @param id made here, so that the task is known where it is sent again. @param said what leads to it. */
  async enqueue(
    name: string,
    definition: TaskDefinition,
    { id, data, options, said }: NewRemoteTask,
  ): Promise<TaskReceipt> {
    const asked = enqueueAsked(name, { id, data, options });
    const key: unknown = definition.key?.(data as never);
    const cause = Chain.told(said);
    this.#enqueuing += 1;
    const sent = this.persist("enqueue", name, asked, cause).finally(() => {
      this.#enqueuing -= 1;
      this.progress.made();
    });
    const receipt = await unless(options.signal, name, sent);
    if (!said?.silent) {
      const { id, duplicate } = receipt;
      this.core.inspect?.({
        type: "task.enqueued",
        id,
        name,
        key: isKey(key) ? key : undefined,
        duplicate,
      });
    }
    return receipt;
  }

  queue(name: string, definition: TaskDefinition): TaskQueue {
    return new RemoteQueue(this, name, definition);
  }

  work(name: string, definition: TaskDefinition, worker: Worker, options: WorkOptions): Begun {
    for (const other of this.#workers) if (other.over) this.#workers.delete(other);
    const begun = new RemoteTaskWorker(this, ++this.#lastWorker, name, definition, worker, options);
    this.#workers.add(begun);
    return begun;
  }

  /** Asks once. */
  ask<Kind extends keyof TaskAsks>(
    kind: Kind,
    name: string,
    input: TaskAsks[Kind]["input"],
    cause: readonly Cause[] = [],
  ): Promise<TaskAsks[Kind]["output"]> {
    const asking = { timeout: Number.POSITIVE_INFINITY, signal: undefined, taker: undefined };
    return this.#uplink.askTasks(kind, name, input, asking, cause) as Promise<TaskAsks[Kind]["output"]>;
  }

  /** Asks until there is an answer, link after link. */
  async persist<Kind extends keyof TaskAsks>(
    kind: Kind,
    name: string,
    input: TaskAsks[Kind]["input"],
    cause: readonly Cause[] = [],
  ): Promise<TaskAsks[Kind]["output"]> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.ask(kind, name, input, cause);
      } catch (error) {
        if (!(await this.again(error, tries))) throw this.explain(error, name);
      }
    }
  }

  /** A stream over one link. */
  async stream<Kind extends "watch" | "work">(
    kind: Kind,
    name: string,
    input: TaskAsks[Kind]["input"],
    asking: Pick<Parameters<Uplink["askTasks"]>[3], "signal" | "taker">,
  ): Promise<unknown> {
    return this.#uplink.askTasks(kind, name, input, { timeout: Number.POSITIVE_INFINITY, ...asking }, []);
  }

  /** Waits a while after a failure. @returns whether it is to be tried again. */
  async again(error: unknown, tries: number): Promise<boolean> {
    if (!isPassing(error) || this.over) return false;
    const { runtime } = this.core;
    await this.#pauses.pause(
      Math.min(longestWait, firstWait * 2 ** Math.min(tries, 10)) * (0.5 + runtime.random() / 2),
    );
    return !this.over;
  }

  explain(error: unknown, name: string): unknown {
    return error instanceof ClosedError || this.#closed
      ? new ClosedError(`What becomes of "${name}" was not waited for`, name)
      : error;
  }

  /** Resolves when what is under way is done, and what was enqueued is there. Nothing new is begun. */
  drain(): Promise<void> {
    for (const worker of this.#workers) worker.stop();
    return this.progress.until(
      () => this.#enqueuing === 0 && [...this.#workers].every((worker) => worker.over),
    );
  }

  close(): void {
    this.#closed = true;
    for (const worker of this.#workers) worker.end();
    this.#pauses.end();
    this.watches.end();
  }
}

interface NewRemoteTask extends NamedTask {
  readonly said: Chain | undefined;
}
