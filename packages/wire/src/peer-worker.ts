import type { Key } from "@eventwire/core";
import {
  type Backing,
  type BusCore,
  Interrupted,
  type Items,
  type RemoteTask,
  type RemoteWorker,
  type SaidOutcome,
  type Settled,
  type TaskDefinition,
  type WorkItem,
} from "@eventwire/core/attach";
import type { Decision } from "./decision.js";
import { allowed } from "./decision.js";
import type { OwnCall } from "./own-request.js";
import { closing } from "./refusal.js";

export interface PeerWork {
  readonly name: string;
  readonly definition: TaskDefinition;
  /** By whom the tasks are claimed: a worker of a session of a user. */
  readonly owner: string;
  readonly concurrency: number;
  readonly timeout: number | undefined;
  readonly lease: number;
  /** Whether the peer wants to be told when its leases are renewed. */
  readonly renewals: boolean;
}

export interface PeerWorkerHost {
  readonly core: BusCore;
  /** Whether the peer may be given a task of a key. */
  mayDo(key: Key): Decision | Promise<Decision>;
  /** Takes in what is to be written with the end of a task. Rejects where some of it may not be. */
  follow(task: RemoteTask, outcome: SaidOutcome & { readonly type: "done" }): Promise<void>;
  ended(worker: PeerWorker): void;
}

/** A task that the peer is to do, until it is known what became of it. */
interface Given {
  readonly task: RemoteTask;
  readonly data: unknown;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
  /** Whether the peer may have begun it. */
  sent: boolean;
  /** Whether the peer has said what became of it. */
  said: boolean;
}

/** A worker that is a peer: is given what the worker that stands for it here claims, and says what became of that. */
export class PeerWorker {
  readonly work: PeerWork;
  readonly #host: PeerWorkerHost;
  readonly #given = new Map<string, Given>();
  #waiting: WorkItem[] = [];
  #worker: RemoteWorker | undefined;
  #wake: () => void = () => undefined;
  #stopped = false;
  #over = false;

  constructor(host: PeerWorkerHost, work: PeerWork) {
    this.#host = host;
    this.work = work;
  }

  /** Whether it has something under way. */
  get busy(): boolean {
    return this.#given.size > 0;
  }

  /** What the peer is sent, until it leaves or wants nothing more: all that waits at once, which then leaves in one frame. */
  async items(backing: Backing, { signal, left }: OwnCall): Promise<Items<WorkItem>> {
    // As it is when that happens: who ends says so first, and its link may be gone before this goes on.
    let isLost = signal.aborted && left();
    const aborted = () => {
      isLost = left();
      this.#wake();
    };
    signal.addEventListener("abort", aborted);
    let hasEnded = false;
    const end = (): IteratorResult<WorkItem, undefined> => {
      if (!hasEnded) {
        hasEnded = true;
        signal.removeEventListener("abort", aborted);
        if (isLost) this.leave();
        else this.#giveBack();
        this.#host.ended(this);
      }
      return { done: true, value: undefined };
    };
    const next = (): ReturnType<Items<WorkItem>["next"]> => {
      if (signal.aborted || hasEnded) return end();
      const value = this.#nextItem();
      if (value) return { done: false, value };
      return this.#over ? end() : this.#woken().then(next);
    };
    try {
      await this.#begin(backing);
    } catch (error) {
      end();
      throw error;
    }
    const items: Items<WorkItem> = { next, return: end, [Symbol.iterator]: () => items };
    return items;
  }

  async #begin(backing: Backing): Promise<void> {
    const { name, definition, owner, concurrency, timeout, lease } = this.work;
    const working = {
      ...{ concurrency, timeout, lease, owner, give: this.#give, renewed: this.#renewed },
      stopped: () => this.#stop(),
    };
    this.#worker = backing.workFor(name, definition, working);
    await this.#worker.ready;
    const held = [...this.#given.values()];
    // The peer may have begun what it had before.
    for (const given of held) given.sent = true;
    const claims = held.map(({ task: { id, token, attempt } }) => [id, token, attempt] as const);
    this.#waiting.unshift({ type: "held", claims });
  }

  #nextItem(): WorkItem | undefined {
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) {
      if (item.type !== "task") return item;
      const given = this.#given.get(placeOf(item.id, item.token));
      if (!given) continue;
      given.sent = true;
      return { ...item, lease: leaseOf(given.task, this.#host.core) };
    }
    return undefined;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Gives the peer nothing more. What it was given it will settle. */
  stop(): void {
    this.#worker?.stop();
    this.#stop();
  }

  /** Leaves what is under way to who comes back by the same name, or to the end of the leases. */
  leave(): void {
    this.#worker?.leave();
    for (const { failed } of this.#given.values()) failed(new Interrupted(true));
    this.#given.clear();
    this.#end();
  }

  /** What the peer says became of a task. */
  async settle(id: string, token: number, outcome: SaidOutcome): Promise<Settled> {
    const given = this.#given.get(placeOf(id, token));
    if (!given || given.said) return { held: false };
    given.said = true;
    let reason: string | undefined;
    if (outcome.type === "failed") this.#take(given)?.failed(new Error(outcome.reason));
    else if (outcome.type === "released") {
      this.#take(given)?.task.release({ delay: outcome.delay ?? 0 });
      given.failed(new Interrupted(false));
    } else {
      try {
        await this.#host.follow(given.task, outcome);
        this.#take(given)?.done(outcome.result);
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        this.#take(given)?.failed(error);
      }
    }
    const held = await given.task.settled;
    if (held === undefined) throw closing(this.work.name);
    return { held, failed: reason };
  }

  /** What the peer says of how far it is. Resolves when that is kept. */
  async progress(id: string, token: number, data: unknown): Promise<void> {
    await this.#given.get(placeOf(id, token))?.task.progress(data);
  }

  readonly #give = (task: RemoteTask): Promise<unknown> =>
    new Promise((done, failed) => {
      const given: Given = { task, data: task.data, done, failed, sent: false, said: false };
      this.#given.set(placeOf(task.id, task.token), given);
      task.signal.addEventListener("abort", () => this.#lost(given));
      const decision = task.key === undefined ? allowed : this.#host.mayDo(task.key);
      if (decision instanceof Promise) void decision.then((decided) => this.#decided(given, decided));
      else this.#decided(given, decision);
    });

  /** The last word is enough. */
  readonly #renewed = (lease: number): void => {
    if (!this.work.renewals || this.#given.size === 0) return;
    this.#waiting = this.#waiting.filter(({ type }) => type !== "renewed");
    this.#send({ type: "renewed", lease });
  };

  #decided(given: Given, { outcome }: Decision): void {
    const { id, token, attempt, time, key, data, cause } = given.task;
    if (this.#given.get(placeOf(id, token)) !== given) return;
    if (outcome === "allows") this.#send({ type: "task", id, token, attempt, time, key, data, cause });
    else {
      this.#take(given);
      this.#send({ type: "lost", id, token, code: "Denied" });
      given.failed(new Interrupted(false));
    }
  }

  /** Nothing that the peer does of it counts any more. */
  #lost(given: Given): void {
    if (!this.#take(given)) return;
    const { id, token, signal } = given.task;
    const { code = "LeaseLost" } = (signal.reason ?? {}) as { readonly code?: string };
    // What the peer never had it need not be told of: a slow one would leave more of it here the longer it is slow.
    if (given.sent) this.#send({ type: "lost", id, token, code });
    else this.#waiting = this.#waiting.filter((item) => !isOf(item, id, token));
    given.failed(new Interrupted(true));
  }

  /** Others may have what the peer was given: it is gone, or may do no more. */
  #giveBack(): void {
    this.#worker?.stop();
    const all = [...this.#given.values()];
    this.#given.clear();
    for (const { failed, sent } of all) failed(new Interrupted(sent));
    this.#end();
  }

  #take(given: Given): Given | undefined {
    const { id, token } = given.task;
    if (this.#given.get(placeOf(id, token)) !== given) return undefined;
    this.#given.delete(placeOf(id, token));
    if (this.#stopped && this.#given.size === 0) this.#end();
    return given;
  }

  #send(item: WorkItem): void {
    this.#waiting.push(item);
    this.#wake();
  }

  #stop(): void {
    this.#stopped = true;
    if (this.#given.size === 0) this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#wake();
  }
}

function leaseOf({ leasedUntil }: RemoteTask, { runtime }: BusCore): number {
  return leasedUntil - runtime.now();
}

function isOf(item: WorkItem, id: string, token: number): boolean {
  return item.type === "task" && item.id === id && item.token === token;
}

function placeOf(id: string, token: number): string {
  return `${token} ${id}`;
}
