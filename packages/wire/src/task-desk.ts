import { DeniedError, type EventwireError, OverflowError } from "@eventwire/core";
import {
  type Backing,
  type BusCore,
  type CancelAsked,
  defaultLease,
  EventMessage,
  encodeJson,
  type Items,
  type RemoteTask,
  type SaidOutcome,
  shortestLease,
  type TaskAsks,
  UnknownTaskError,
  validate,
  type WorkItem,
} from "@eventwire/core/attach";
import { allowed, type Decision, denying, sooner } from "./decision.js";
import type { Gate } from "./gate.js";
import { boundedKey, emitDenial, type Inlets } from "./inlets.js";
import type { Limits } from "./limits.js";
import { maxReason } from "./messages.js";
import {
  type OwnCall,
  type OwnQuestion,
  type OwnRequest,
  type OwnRequests,
  ownPrefix,
} from "./own-request.js";
import type { ConnectedPeer } from "./peer.js";
import { type PeerWork, PeerWorker, type PeerWorkerHost } from "./peer-worker.js";
import type { Rates } from "./rates.js";
import { closing, denied, invalid, notAllowed, unsupported } from "./refusal.js";
import { matchesAll } from "./shape.js";
import { taskFailure } from "./task-failure.js";
import { enqueueDenial, type IncomingTask, incomingTask, taskDefinitionOf } from "./task-inlet.js";
import { isOwnTask, taskIdOf, userPrefix } from "./task-names.js";

export interface TaskDeskHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly gates: {
    readonly enqueue: Gate;
    readonly tasks: Gate;
    readonly work: Gate;
    readonly emit: Gate;
  };
  readonly logInlets: Inlets;
  readonly rates: Rates;
}

type Peer = ConnectedPeer<unknown>;
/** How many ids may be cancelled at once. */
const maxCancelled = 1_000;
/** What a client may leave with the end of one task. */
const maxEffects = 1_000;
const session = /^[\w-]{1,64}$/;

/** Answers what peers ask about tasks, and knows those of them that work. */
export class TaskDesk {
  readonly requests: OwnRequests;
  readonly #host: TaskDeskHost;
  /** By their owner. */
  readonly #workers = new Map<string, { readonly peer: Peer; readonly worker: PeerWorker }>();
  readonly #byPeer = new Map<string, Set<PeerWorker>>();
  readonly #relieved = new WeakSet<Peer>();

  constructor(host: TaskDeskHost) {
    this.#host = host;
    const requests: { readonly [Kind in keyof TaskAsks | "result"]: OwnRequest } = {
      enqueue: asked((peer, input) => this.#enqueue(peer, input)),
      state: asked((peer, input) => this.#state(peer, input)),
      result: asked((peer, input) => this.#result(peer, input)),
      watch: streamed((peer, input) => this.#watch(peer, input)),
      cancel: asked((peer, input) => this.#cancel(peer, input)),
      work: streamed((peer, input) => this.#work(peer, input)),
      rest: ending((peer, input) => this.#rest(peer, input)),
      settle: ending((peer, input) => this.#settle(peer, input)),
      progress: { ...asked((peer, input) => this.#progress(peer, input)), late: true },
    };
    this.requests = new Map(Object.entries(requests).map(([kind, own]) => [ownPrefix + kind, own]));
  }

  /** Gives a peer nothing more to do: it is about to be sent away. */
  relieve(peer: Peer): void {
    this.#relieved.add(peer);
    for (const worker of this.#byPeer.get(peer.id) ?? []) worker.stop();
  }

  /** Whether a peer has something under way. */
  busy(peer: Peer): boolean {
    return [...(this.#byPeer.get(peer.id) ?? [])].some(({ busy }) => busy);
  }

  #enqueue(peer: Peer, input: unknown): OwnQuestion {
    const task = incomingTask(this.#host, peer, input);
    return {
      decide: () => task.decide(),
      refusal: ({ reason }) => enqueueDenial(task.name, reason),
      answer: ({ cause }) => this.#use(task.name, (backing) => backing.enqueue(task.work(cause))),
    };
  }

  #state(peer: Peer, input: unknown): OwnQuestion {
    const { name, id } = this.#taskOf(peer, input);
    return {
      ...this.#looking(peer, name, [id], "look"),
      answer: async () => (await this.#use(name, async (backing) => backing.tasks(name).state(id))) ?? null,
    };
  }

  #watch(peer: Peer, input: unknown): OwnQuestion {
    const { name, id } = this.#taskOf(peer, input);
    return {
      ...this.#looking(peer, name, [id], "look"),
      answer: ({ signal }) => this.#watching(name, id, signal),
    };
  }

  async *#watching(name: string, id: string, signal: AbortSignal) {
    const states = await this.#use(name, async (backing) => backing.tasks(name).watch(id, { signal }));
    try {
      yield* states;
    } catch (error) {
      if (!(error instanceof UnknownTaskError)) throw taskFailure(this.#host.core, name, error);
      yield null;
    }
  }

  /** For who asks once, and knows no more than the id. */
  #result(peer: Peer, input: unknown): OwnQuestion {
    if (!matchesAll(input, { id: "string" })) throw invalid("result", "it has no id");
    const id = taskIdOf(peer, "result", input.id);
    const isOwn = isOwnTask(peer, "result", id);
    return {
      decide: () => (isOwn ? allowed : { ...allowed, outcome: "denies" }),
      refusal: () => denied("result", "asked of what this user has not enqueued"),
      answer: async ({ signal }) => {
        const [state] = await this.#use("result", (backing) => backing.states([id]));
        if (!state) throw new UnknownTaskError("task", id);
        const { name } = state;
        return this.#use(name, async (backing) => backing.tasks(name).result(id, { signal }));
      },
    };
  }

  #cancel(peer: Peer, input: unknown): OwnQuestion {
    if (!matchesAll(input, { name: "string", ids: "object" }) || !Array.isArray(input.ids))
      throw invalid("cancel", "it has no name, or no ids");
    const { name, ids: given } = input as Readonly<Record<string, unknown>> & CancelAsked;
    if (given.length > maxCancelled) throw invalid(name, `over ${maxCancelled} tasks are cancelled at once`);
    taskDefinitionOf(this.#host.core, name);
    const ids = given.map((id) => taskIdOf(peer, name, id));
    return {
      ...this.#looking(peer, name, ids, "cancel"),
      answer: () => this.#use(name, async (backing) => backing.tasks(name).cancel(ids)),
    };
  }

  /** Whether a peer may look at tasks, or cancel them: its own, and those that rules let it. */
  #looking(peer: Peer, name: string, ids: readonly string[], may: "look" | "cancel") {
    const { tasks } = this.#host.gates;
    const others = ids.filter((id) => !isOwnTask(peer, name, id));
    return {
      decide: () => all(others.map((id) => () => tasks.decide({ peer, name, id, may }))),
      refusal: ({ reason }: Decision): EventwireError =>
        reason === undefined
          ? denied(name, may === "look" ? "looked at by this user" : "cancelled by this user")
          : new DeniedError(reason, { name }),
    };
  }

  #work(peer: Peer, input: unknown): OwnQuestion {
    const { core, gates, limits } = this.#host;
    const owner = ownerOf(peer, input);
    const {
      name,
      concurrency = Infinity,
      timeout,
      lease = defaultLease,
      renewals,
    } = input as Readonly<Record<string, unknown>>;
    if (typeof name !== "string") throw invalid("work", "it has no name");
    const definition = taskDefinitionOf(core, name);
    if (!gates.work.mentions(name)) throw workRefusal(name, denying);
    if (typeof concurrency !== "number" || !(concurrency >= 1))
      throw invalid(name, "its concurrency is no number of at least 1");
    if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0))
      throw invalid(name, "its timeout is no number of milliseconds");
    if (typeof lease !== "number" || !(lease >= shortestLease))
      throw invalid(name, `its lease is no number of at least ${shortestLease} milliseconds`);
    const most = Math.min((timeout as number | undefined) ?? Infinity, limits.workTimeout);
    const work: PeerWork = {
      ...{ name, definition, owner },
      concurrency: Math.floor(Math.min(concurrency, limits.workerTasks)),
      timeout: most === Infinity ? undefined : most,
      lease: Math.min(lease, limits.workLease),
      renewals: renewals === true,
    };
    return {
      decide: () => gates.work.decide({ peer, name, key: undefined }),
      refusal: (decision) => workRefusal(name, decision),
      answer: (call) => this.#working(peer, work, call),
    };
  }

  async #working(peer: Peer, work: PeerWork, call: OwnCall): Promise<Items<WorkItem>> {
    const { core, limits, gates } = this.#host;
    const { name, owner } = work;
    if (core.closed || this.#relieved.has(peer)) throw closing(name);
    // It has come back before it was known to be gone.
    this.#workers.get(owner)?.worker.leave();
    const those = this.#byPeer.get(peer.id) ?? new Set();
    if (those.size >= limits.workers)
      throw new OverflowError(`A peer may have ${limits.workers} workers at once.`, { name });
    const standing = gates.work.standing(name);
    const host: PeerWorkerHost = {
      core,
      mayDo: (key) => standing ?? gates.work.decide({ peer, name, key }),
      follow: (task, outcome) => this.#follow(peer, task, outcome),
      ended: (ended) => {
        those.delete(ended);
        if (those.size === 0) this.#byPeer.delete(peer.id);
        if (this.#workers.get(owner)?.worker === ended) this.#workers.delete(owner);
      },
    };
    const worker = new PeerWorker(host, work);
    this.#byPeer.set(peer.id, those.add(worker));
    this.#workers.set(owner, { peer, worker });
    return this.#use(name, (backing) => worker.items(backing, call));
  }

  #rest(peer: Peer, input: unknown): OwnQuestion {
    const worker = this.#workerOf(peer, input);
    return open(async () => {
      worker?.stop();
      return null;
    });
  }

  #progress(peer: Peer, input: unknown): OwnQuestion {
    const worker = this.#workerOf(peer, input);
    const { id, token, data } = claimOf(input);
    const { progressBytes } = this.#host.limits;
    if (encodeJson(data ?? null, "progress").length > progressBytes)
      throw new OverflowError(`What a worker says of how far it is may take ${progressBytes} bytes.`);
    return open(async () => {
      await worker?.progress(id, token, data);
      return null;
    });
  }

  #settle(peer: Peer, input: unknown): OwnQuestion {
    const worker = this.#workerOf(peer, input);
    const { id, token, outcome } = claimOf(input);
    const said = outcomeOf(outcome, this.#host.limits);
    return open(async () => (await worker?.settle(id, token, said)) ?? { held: false });
  }

  /** As the peer's own emits and enqueues are taken in. */
  async #follow(
    peer: Peer,
    task: RemoteTask,
    { events = [], tasks = [] }: SaidOutcome & { readonly type: "done" },
  ): Promise<void> {
    const { core, gates, logInlets, rates } = this.#host;
    for (const { name, data } of events) {
      const { topic, schema, standing } = logInlets.of(name);
      const value = validate(schema, name, data);
      const key = boundedKey(topic, value);
      rates.take(peer, name);
      const decision = await (standing ?? gates.emit.decide({ peer, name, key, data: value }));
      if (decision.outcome !== "allows") throw emitDenial(name, decision.reason);
      const { runtime, newId } = core;
      task.effects.pass(new EventMessage(name, value, key, runtime.now(), peer, newId(), "", task.chain));
    }
    for (const input of tasks) {
      const incoming: IncomingTask = incomingTask(this.#host, peer, input);
      const { outcome, reason } = await incoming.decide();
      if (outcome !== "allows") throw enqueueDenial(incoming.name, reason);
      task.effects.put(incoming.work(task.chain));
    }
  }

  /** The one of that name, where it is this peer's over this link. */
  #workerOf(peer: Peer, input: unknown): PeerWorker | undefined {
    const known = this.#workers.get(ownerOf(peer, input));
    return known?.peer === peer ? known.worker : undefined;
  }

  #taskOf(peer: Peer, input: unknown): { readonly name: string; readonly id: string } {
    if (!matchesAll(input, { name: "string", id: "string" }))
      throw invalid("task", "it has no name, or no id");
    const name = input.name as string;
    taskDefinitionOf(this.#host.core, name);
    return { name, id: taskIdOf(peer, name, input.id) };
  }

  #use<Result>(name: string, ask: (backing: Backing) => Promise<Result>): Promise<Result> {
    const { keeper } = this.#host.core;
    if (!keeper.use) throw unsupported(name, "needs a broker, which is not here");
    return keeper.use(ask).catch((error: unknown) => {
      throw taskFailure(this.#host.core, name, error);
    });
  }
}

type Prepare = OwnRequest["prepare"];

function asked(prepare: Prepare): OwnRequest {
  return { streamed: false, late: false, counts: true, prepare };
}

/** What is answered also where nothing else is: it ends what the peer was given. */
function ending(prepare: Prepare): OwnRequest {
  return { streamed: false, late: true, counts: false, prepare };
}

function streamed(prepare: Prepare): OwnRequest {
  return { streamed: true, late: false, counts: true, prepare };
}

/** What needs no right but to what was given. */
function open(answer: OwnQuestion["answer"]): OwnQuestion {
  return { decide: () => allowed, refusal: () => denied("task", "settled by this user"), answer };
}

/** A worker asks again for what nobody denies, as who listens does. */
function workRefusal(name: string, decision: Decision): EventwireError {
  return notAllowed(name, "worked on by this user", decision);
}

/** One after the other, until one denies. */
function all(
  [first, ...others]: readonly (() => Decision | Promise<Decision>)[],
  before: Decision = allowed,
): Decision | Promise<Decision> {
  if (!first) return before;
  const goOn = (decided: Decision) =>
    decided.outcome === "allows" ? all(others, sooner(before, decided)) : decided;
  const decision = first();
  return decision instanceof Promise ? decision.then(goOn) : goOn(decision);
}

/** Strangers have other names: it begins with the user. */
function ownerOf(peer: Peer, input: unknown): string {
  if (
    !matchesAll(input, { session: "string", worker: "number" }) ||
    !session.test(input.session as string) ||
    !Number.isSafeInteger(input.worker)
  )
    throw invalid("work", "it does not say which worker it is");
  return `${userPrefix(peer, "work")}${input.session as string}/${input.worker as number}`;
}

function claimOf(input: unknown): Readonly<Record<string, unknown>> & { id: string; token: number } {
  if (!matchesAll(input, { id: "string", token: "number" }))
    throw invalid("settle", "it does not say which task");
  return input as Readonly<Record<string, unknown>> & { id: string; token: number };
}

function outcomeOf(value: unknown, { releaseDelay }: Limits): SaidOutcome {
  if (matchesAll(value, { type: "string" })) {
    const {
      type,
      reason,
      delay = 0,
      result,
      events = [],
      tasks = [],
    } = value as Readonly<Record<string, unknown>>;
    if (type === "released" && typeof delay === "number" && delay >= 0)
      return { type, delay: Math.min(delay, releaseDelay) };
    if (type === "failed" && typeof reason === "string") return { type, reason: reason.slice(0, maxReason) };
    if (type === "done" && Array.isArray(events) && Array.isArray(tasks)) {
      if (events.length + tasks.length > maxEffects)
        throw new OverflowError(`A task may leave ${maxEffects} events and tasks.`);
      if (events.every(isNamed)) return { type, result, events, tasks };
    }
  }
  throw invalid("settle", "it does not say what became of the task");
}

function isNamed(value: unknown): value is { readonly name: string; readonly data: unknown } {
  return matchesAll(value, { name: "string" });
}
