import { MisuseError } from "@eventwire/queue";
import type { BusCore } from "../bus-core.js";
import { capture } from "../capture.js";
import { type Cause, Chain } from "../cause.js";
import { defaultLease } from "../check-work.js";
import { type Contract, taskDefinition } from "../contract.js";
import type { Key } from "../key.js";
import { checkRelease, type Released, type ReleaseOptions, released, restTime } from "../released.js";
import type { OnDone, TaskContext } from "../task-context.js";
import type { EnqueueOptions } from "../work.js";
import { enqueueAsked } from "./enqueue-asked.js";
import type { EnqueueAsked, WorkItem } from "./task-wire.js";

type Given = WorkItem & { readonly type: "task" };

export interface RemoteRunHost {
  readonly core: BusCore;
  /** Has what a task's worker says of how far it is kept. Resolves when it is, or the task is over. */
  progress(run: RemoteRun): Promise<void>;
  /** Hands a task back that its worker does not do: nobody is given it for so many milliseconds. */
  release(run: RemoteRun, delay: number): void;
}

/** A task under way here whose lease is the server's, as its worker and middleware around it get it. */
export class RemoteRun implements TaskContext {
  readonly kind = "task";
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly key: Key | undefined;
  readonly time: number;
  readonly attempt: number;
  readonly cause: readonly Cause[];
  readonly offset = undefined;
  readonly peer = undefined;
  /** Of the claim, which another server may have taken anew. */
  token: number;
  readonly controller = new AbortController();
  readonly start: number;
  /** Nothing that is done of it counts any more, or all is said. */
  over = false;
  /** What becomes of it is decided, and may not be said yet. */
  ended = false;
  cancelTimeout: (() => void) | undefined;
  /** When its lease is over, on the monotonic clock. */
  until = 0;
  /** What is to be written with its end. */
  readonly events: { readonly name: string; readonly data: unknown }[] = [];
  readonly tasks: EnqueueAsked[] = [];
  readonly #host: RemoteRunHost;
  /** What its worker said last, until that is sent. */
  newest: { readonly data: unknown } | undefined;
  saying: Promise<void> | undefined;
  saidAt = Number.NEGATIVE_INFINITY;
  /** Whether what became of it was said to the server, which may have heard it. */
  sent: true | undefined;

  constructor(
    host: RemoteRunHost,
    name: string,
    { id, token, attempt, time, cause, lease }: Given,
    data: unknown,
    key: Key | undefined,
  ) {
    this.#host = host;
    this.id = id;
    this.name = name;
    this.data = data;
    this.key = key;
    this.time = time;
    this.attempt = attempt;
    this.cause = cause;
    this.token = token;
    this.start = host.core.runtime.monotonic();
    this.renew(lease);
  }

  /** It is this worker's for so many milliseconds more. */
  renew(lease = defaultLease): void {
    this.until = this.#host.core.runtime.monotonic() + lease;
  }

  /** Nothing more is to be said of it but what is decided. */
  end(): void {
    this.ended = true;
    this.cancelTimeout?.();
  }

  get leasedUntil(): number {
    const { runtime } = this.#host.core;
    return runtime.now() + this.until - runtime.monotonic();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What it leads to is caused by. */
  get chain(): Chain {
    return Chain.of(this);
  }

  get onDone(): OnDone<Contract> {
    return {
      emit: (name, data) => this.#emit(name, data),
      enqueue: (name, data, options) => this.#enqueue(name, data, options),
    };
  }

  progress(value: unknown): Promise<void> {
    const saved = this.#keep(value);
    // Who does not wait for it need not handle it.
    saved.catch(() => undefined);
    return saved;
  }

  async #keep(value: unknown): Promise<void> {
    this.signal.throwIfAborted();
    if (this.over) return;
    this.newest = { data: capture(value) };
    await this.#host.progress(this);
    this.signal.throwIfAborted();
  }

  release({ delay = restTime }: ReleaseOptions = {}): Released {
    checkRelease(this.name, delay);
    this.#host.release(this, delay);
    return released;
  }

  #emit(name: string, data: unknown): void {
    const { core } = this.#host;
    const topic = core.topics.get(name);
    if (topic?.definition.delivery !== "durable") {
      throw new MisuseError(`"${name}" is no durable event of this contract.`, { name });
    }
    core.checkSends(name, topic.definition.from);
    core.pass(topic, data, this.chain, () => this.events.push({ name, data: capture(data) }));
  }

  #enqueue(name: string, data: unknown, options: EnqueueOptions = {}): string {
    const { core } = this.#host;
    core.checkSends(name, taskDefinition(core.contract, name).from);
    const id = core.newId();
    this.tasks.push(enqueueAsked(name, { id, data: capture(data), options }));
    return id;
  }
}
