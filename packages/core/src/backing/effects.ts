import { MisuseError } from "@eventwire/queue";
import type { NewWork } from "../backing.js";
import type { Append, BrokerFeatures, NewTask } from "../broker.js";
import type { BusCore } from "../bus-core.js";
import type { Chain } from "../cause.js";
import { taskDefinition } from "../contract.js";
import { UnsupportedError } from "../errors/unsupported-error.js";
import type { EventMessage } from "../message.js";
import type { EnqueueOptions } from "../work.js";
import { appendOf } from "./admission.js";
import type { Enqueues } from "./enqueues.js";

/** What a task is to leave when it is done, made at once and kept until then. */
export class Effects {
  readonly appends: Append[] = [];
  readonly messages: EventMessage[] = [];
  readonly tasks: NewTask[] = [];
  readonly #core: BusCore;
  readonly #enqueues: Enqueues;
  /** What leads to them. */
  readonly #chain: Chain;

  constructor(core: BusCore, enqueues: Enqueues, chain: Chain) {
    this.#core = core;
    this.#enqueues = enqueues;
    this.#chain = chain;
  }

  get any(): boolean {
    return this.appends.length > 0 || this.tasks.length > 0;
  }

  emit(name: string, data: unknown): void {
    const topic = this.#core.topics.get(name);
    if (topic?.definition.delivery !== "durable") {
      throw new MisuseError(`"${name}" is no durable event of this contract.`, { name });
    }
    const { maxBodyBytes } = this.#check(name, topic.definition.from);
    this.#core.pass(topic, data, this.#chain, (message) => {
      this.appends.push(appendOf(message, data, maxBodyBytes));
      this.messages.push(message);
    });
  }

  enqueue(name: string, data: unknown, options: EnqueueOptions = {}): string {
    const definition = taskDefinition(this.#core.contract, name);
    this.#check(name, definition.from);
    const { newId, runtime } = this.#core;
    const key: unknown = definition.key?.(data as never);
    const cause = this.#core.causeOr(this.#chain);
    const { keep } = definition;
    const time = runtime.now();
    const task = this.#enqueues.taskOf({ id: newId(), name, data, key, time, cause, keep, options });
    this.tasks.push(task);
    return task.id;
  }

  /** Emits what somebody elsewhere has emitted. @throws {InvalidError | UnsupportedError} */
  pass(message: EventMessage): void {
    const { maxBodyBytes } = this.#transactions(message.name);
    this.appends.push(appendOf(message, message.data, maxBodyBytes));
    this.messages.push(message);
  }

  /** Enqueues what somebody elsewhere has enqueued. @throws {EventwireError} */
  put(work: NewWork): void {
    this.#transactions(work.name);
    this.tasks.push(this.#enqueues.taskOf(work));
  }

  #check(name: string, from: Parameters<BusCore["checkSends"]>[1]) {
    this.#core.checkSends(name, from);
    return this.#transactions(name);
  }

  /** @throws {UnsupportedError} */
  #transactions(name: string): BrokerFeatures {
    const { features } = this.#enqueues;
    if (features.transactions) return features;
    const message = `"${name}" cannot be written with the end of a task: the broker lacks transactions.`;
    throw new UnsupportedError(message, { name });
  }
}
