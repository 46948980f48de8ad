import {
  type Answer,
  type AskedOfClients,
  type Bus,
  type CloseReason,
  type Contract,
  type Data,
  DeniedError,
  DisconnectedError,
  type EventName,
  type InputOf,
  type Key,
  type Link,
  type LinkFacts,
  type LinkSource,
  MisuseError,
  OverflowError,
  type Pattern,
  type Peer,
  type RequestingOptions,
  type RequestName,
  type SentBy,
} from "@eventwire/core";
import { attach, type BusCore, type EventMessage, validate } from "@eventwire/core/attach";
import type { Allow, Looked } from "./allow.js";
import { askPeers } from "./ask-peers.js";
import { Audience } from "./audience.js";
import { Batch } from "./batch.js";
import { Binary } from "./binary.js";
import { type Counters, Counting } from "./counters.js";
import { checkExpiry, type Principal } from "./credentials.js";
import { Deadlines } from "./deadlines.js";
import { Draining, type DrainOptions } from "./draining.js";
import { Ends } from "./ends.js";
import { type ExplainQuestion, type Explanation, explain, standIn } from "./explanation.js";
import { fingerprint } from "./fingerprint.js";
import { Flushes } from "./flushes.js";
import { type AnyRules, Gate } from "./gate.js";
import { Inlets } from "./inlets.js";
import { type Limits, limitsFrom } from "./limits.js";
import { Members } from "./members.js";
import type { Codec } from "./messages.js";
import { allowsOrigin, type Origins } from "./origins.js";
import { OutgoingEvent } from "./outgoing.js";
import type { ConnectedPeer } from "./peer.js";
import { type Rate, Rates } from "./rates.js";
import { eventDefinitionOf } from "./refusal.js";
import { RequestInlets } from "./request-inlets.js";
import { Session, type SessionHost } from "./session.js";
import { StoredEvents } from "./stored-events.js";
import { type Running, type RunningStreams, StreamRights } from "./stream-rights.js";
import { TaskDesk } from "./task-desk.js";
import { traitsParts } from "./traits.js";
import { whileTrue } from "./while-true.js";

export interface ServeOptions<C extends Contract, User extends Principal> {
  /**
   * Says who opened a link, from what it brought along. `undefined` denies it for good, and so does a `DeniedError`, whose
   * message the peer is shown. Anything else that is thrown reaches the bus's `onError` and never the peer, which tries
   * again. Past `limits.helloTimeout` the link is closed.
   */
  readonly authenticate: (facts: LinkFacts) => User | undefined | Promise<User | undefined>;
  /** Who may do what. Default: nobody may do anything. */
  readonly allow?: Allow<C, User>;
  /**
   * How often one user may send an event, enqueue a task or ask a request, by name or pattern; what matches a pattern shares its rate. It holds
   * over all connections of that user. Default: no more than `limits.messages`.
   *
   * @example
   * ```ts
   * serve(bus, io, { authenticate, allow, rates: { "alert.raised": { most: 10, per: 60_000 } } });
   * ```
   */
  readonly rates?: SentRates<C>;
  /** Which pages may connect. Default: those of the same host. */
  readonly origins?: Origins;
  /**
   * How what is larger than a small frame is written, to and from clients that can as well: MessagePack, which is half as large and
   * twice as fast, or JSON. Default `"messagepack"`.
   */
  readonly codec?: Codec | "json";
  /** What is taken from one peer. */
  readonly limits?: Partial<Limits>;
}

type SentRates<C extends Contract> = { readonly [P in Looked<Sent<C> | Pattern<Sent<C>>>]?: Rate };
type Sent<C extends Contract> = SentBy<C, "event" | "request" | "task", "client">;

/** Some of the peers of a hub. */
export interface Addressed<C extends Contract> {
  /**
   * Asks one of these peers what clients answer: the one that connected last; where it does not handle that, the one before.
   * Rejects as `bus.request` does: with a `DisconnectedError` when nobody is connected there or the peer leaves, with a
   * `NoHandlerError` when nobody there handles it, with an `OverflowError` when a peer has not answered too many already.
   *
   * @example
   * ```ts
   * const sure = await hub.to(peer).request("order.confirm", { order: "o1" }, { timeout: 60_000 });
   * ```
   */
  request<N extends AskedOfClients<C>>(
    name: N,
    input: InputOf<C, N>,
    options?: RequestingOptions,
  ): Answer<C, N & RequestName<C>>;

  /**
   * Sends an event to these peers alone, those of them that listen to it.
   *
   * @returns to how many peers it was sent.
   * @throws {MisuseError} when the contract has no such event.
   * @throws {DeniedError} when only clients may send it.
   * @throws {UnsupportedError} when it is durable, or has no schema.
   * @throws {InvalidError} when it cannot be encoded.
   */
  emit<N extends SentBy<C, "event", "server">>(name: N, data: Data<C, N & EventName<C>>): number;
}

/** The server's end of all its links. */
export interface Hub<C extends Contract, User extends Principal> {
  /** The peers that are connected and welcomed. */
  peers(): readonly ConnectedPeer<User>[];
  /**
   * Addresses one peer, or every connection of one user.
   *
   * @example
   * ```ts
   * hub.to({ user: "u1" }).emit("order.shipped", order);
   * ```
   */
  to(target: Peer | { readonly user: string }): Addressed<C>;
  /**
   * Asks the rules again about all that is listened to, all groups that are joined and all answers that are streamed, by one peer, one user or everybody, and
   * cuts off at once what they deny now: call it when rights were taken away. What rules with `cachedFor` have said of them is forgotten.
   *
   * @returns how many listenings, memberships and streams were cut off, when all rules have answered.
   *
   * @example
   * ```ts
   * await members.remove("lobby", "ann");
   * await hub.reauthorize({ user: "ann" });
   * ```
   */
  reauthorize(target?: Peer | { readonly user: string }): Promise<number>;
  /**
   * Says whether somebody may do something, and why: who would be told `Denied` and by which rule. It asks the rules as a message
   * would, and does nothing else: no rate is used up.
   *
   * @example
   * ```ts
   * const { allowed, reason } = await hub.explain({ peer, kind: "listen", name: "crew.called", key: "gate 7" });
   * ```
   */
  explain(question: ExplainQuestion<User>): Promise<Explanation>;
  /** What has crossed all its links. */
  counters(): Counters;
  /**
   * Hands the peers over to other servers, before this one is replaced: takes no further ones, and sends those that are there
   * away one by one, in random order and evenly over a time, so that the others are not stormed. Each goes when its requests
   * are answered, up to 5 s after its turn; a client connects again at once. Take the server out of the load balancer first.
   *
   * Resolves when all are gone. `close()` sends the rest away at once.
   *
   * @throws {MisuseError} when `over` is no time.
   *
   * @example
   * ```ts
   * process.once("SIGTERM", async () => {
   *   await hub.drain({ over: 20_000 });
   *   await bus.close();
   * });
   * ```
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Takes no further links, sends each peer what waits for it, tells it that the server closes, and ends its link. It may
   * connect elsewhere.
   *
   * @param options `drain`: how long that may take where peers read slowly, in milliseconds. Default 5,000.
   */
  close(options?: { readonly drain?: number | undefined }): Promise<void>;
}

/**
 * Serves a bus over the links of `source`. For those who write a link; applications call the `serve` of one.
 *
 * @throws {MisuseError} when the bus is on the client side.
 */
export function createHub<C extends Contract, User extends Principal>(
  bus: Bus<C, "server">,
  source: LinkSource,
  options: ServeOptions<C, User>,
): Hub<C, User> {
  const hub = new LinkHub(attach(bus), source, options as ServeOptions<Contract, Principal>);
  return hub as unknown as Hub<C, User>;
}

const closes: CloseReason = { code: "Closed", message: "The server closes.", retryable: true };
const drains = { code: "Unavailable", message: "This server takes no more peers.", retryable: true };

interface Audited {
  readonly audience: Audience<Session>;
  readonly untap: () => void;
}

class LinkHub implements SessionHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly counting = new Counting();
  readonly fingerprint: string;
  readonly traits: SessionHost["traits"];
  readonly binary: Binary | undefined;
  readonly flushes: Flushes;
  readonly batches = { text: new Batch(), binary: new Batch() };
  readonly gates: SessionHost["gates"];
  readonly stored: StoredEvents;
  readonly inlets: Inlets;
  readonly logInlets: Inlets;
  readonly tasks: TaskDesk;
  readonly requests: RequestInlets;
  readonly deadlines: Deadlines;
  readonly rates: Rates;
  readonly outboxRates: Rates;
  readonly ends: Ends;
  readonly #options: ServeOptions<Contract, Principal>;
  /** Also those that are not welcomed yet. */
  readonly #sessions = new Map<string, Session>();
  readonly #byUser = new Members<string, Session>();
  readonly #audiences = new Map<string, Audited>();
  readonly #stopSource: () => void;
  readonly #forgetClose: (() => void) | undefined;
  #draining: Draining | undefined;
  #closing: Promise<void> | undefined;

  constructor(core: BusCore, source: LinkSource, options: ServeOptions<Contract, Principal>) {
    if (core.side !== "server") throw new MisuseError("Only a bus on the server side can be served.");
    this.core = core;
    this.limits = limitsFrom(options.limits);
    this.flushes = new Flushes(core.runtime);
    this.fingerprint = fingerprint(core.contract);
    this.traits = traitsParts(core.contract);
    this.binary = options.codec === "json" ? undefined : new Binary();
    this.#options = options;
    const { listen, history, group, emit, request, enqueue, tasks, work } = (options.allow ?? {}) as Record<
      string,
      AnyRules | undefined
    >;
    core.exposed = true;
    const { runtime, report } = core;
    const gate = (kind: string, rules: AnyRules | undefined) =>
      new Gate(rules, { runtime, kind, timeout: this.limits.decisionTimeout, failed: report });
    this.gates = {
      listen: gate("listen", listen),
      history: gate("history", history),
      group: gate("group", group),
      emit: gate("emit", emit),
      request: gate("request", request),
      enqueue: gate("enqueue", enqueue),
      tasks: gate("tasks", tasks),
      work: gate("work", work),
    };
    this.stored = new StoredEvents(core);
    this.inlets = new Inlets(core, this.gates.emit, "live");
    this.logInlets = new Inlets(core, this.gates.emit, "log");
    this.deadlines = new Deadlines(runtime, report);
    this.rates = new Rates(runtime, options.rates as Readonly<Record<string, Rate | undefined>> | undefined);
    this.tasks = new TaskDesk(this);
    this.requests = new RequestInlets(core, this.gates.request, this.tasks.requests);
    const { outboxStarts: most } = this.limits;
    this.outboxRates = new Rates(runtime, most === Infinity ? {} : { produce: { most, per: 60_000 } });
    this.ends = new Ends(runtime, report);
    this.#stopSource = source.listen(
      (link) => this.#accept(link),
      ({ message }) => core.report(new DisconnectedError(`No further peers are taken: ${message}`)),
    );
    this.#forgetClose = core.onClose((drain) => this.close({ drain }));
  }

  peers(): readonly Session[] {
    return [...this.#sessions.values()].filter(({ welcomed }) => welcomed);
  }

  to(target: Peer | { readonly user: string }): Addressed<Contract> {
    return {
      emit: (name: string, data: unknown) => this.#emitTo(target, name, data),
      request: (name: string, input: unknown, options?: RequestingOptions) =>
        askPeers(this.core, [...this.#addressed(target)].reverse(), name, input, options) as never,
    };
  }

  async reauthorize(target?: Peer | { readonly user: string }): Promise<number> {
    const userId = target && ("id" in target ? (target.user as Principal).id : target.user);
    for (const gate of Object.values(this.gates)) gate.forget(userId);
    const sessions = target ? [...this.#addressed(target)] : this.peers();
    const ended = await Promise.all(sessions.map((session) => session.reauthorize()));
    return ended.reduce((sum, count) => sum + count, 0);
  }

  explain(question: ExplainQuestion<Principal>): Promise<Explanation> {
    const peer =
      "peer" in question
        ? this.#peer(question.peer.id)
        : standIn(question.user, this.core.runtime.now(), question.facts);
    return explain(this, peer, question);
  }

  counters(): Counters {
    return this.counting.snapshot();
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    if (this.#closing) return;
    if (!this.#draining) {
      this.#draining = new Draining(this.core.runtime, this.peers(), options);
      for (const session of [...this.#sessions.values()]) if (!session.welcomed) sendAway(session, drains);
    }
    await this.#draining.done;
  }

  close({ drain = 5_000 }: { readonly drain?: number | undefined } = {}): Promise<void> {
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  async #close(drain: number): Promise<void> {
    this.#draining?.end();
    this.#forgetClose?.();
    this.#stopSource();
    let slow = [...this.#sessions.values()];
    await whileTrue(this.core.runtime, drain, () => {
      slow = slow.filter((session) => {
        if (!session.sending) sendAway(session, closes);
        return session.sending;
      });
      return slow.length > 0;
    });
    for (const session of slow) sendAway(session, closes);
  }

  async authenticate(facts: LinkFacts): Promise<Principal> {
    if (!allowsOrigin(this.#options.origins, facts)) {
      throw new DeniedError("Pages of this origin may not connect. Allow it in { origins }.");
    }
    const user = await this.#options.authenticate(facts);
    if (!user) throw new DeniedError("Authentication failed.");
    checkExpiry(user);
    return user;
  }

  welcomed(session: Session): void {
    this.core.inspect?.({ type: "link.opened", peer: session, transport: session.facts.transport });
    this.#byUser.add((session.user as Principal).id, session);
  }

  ended(session: Session, reason: CloseReason): void {
    this.#sessions.delete(session.id);
    if (!session.welcomed) return;
    this.core.inspect?.({ type: "link.closed", peer: session, transport: session.facts.transport, reason });
    this.#byUser.remove((session.user as Principal).id, session);
  }

  rightsTo<Stream extends Running>(streams: RunningStreams<Stream>): StreamRights<Stream> {
    return new StreamRights(this, streams);
  }

  join(session: Session, name: string, key: Key | undefined): boolean {
    let audited = this.#audiences.get(name);
    if (!audited) {
      const audience = new Audience<Session>();
      const untap = this.core.topics.get(name)!.tap((message) => this.#fanOut(audience, message));
      audited = { audience, untap };
      this.#audiences.set(name, audited);
    }
    return audited.audience.add(session, key);
  }

  leave(session: Session, name: string, key: Key | undefined): void {
    const audited = this.#audiences.get(name);
    if (!audited) return;
    audited.audience.remove(session, key);
    if (audited.audience.size > 0) return;
    audited.untap();
    this.#audiences.delete(name);
  }

  #accept(link: Link): void {
    if (this.#closing) {
      link.close(closes);
      return;
    }
    const session = new Session(this, link);
    this.#sessions.set(session.id, session);
    session.open();
    if (this.#draining) sendAway(session, drains);
  }

  /** Encodes once, however many peers get it, and not at all where none does. */
  #fanOut(audience: Audience<Session>, message: EventMessage): void {
    let event: OutgoingEvent | undefined;
    let tooLarge: OverflowError | undefined;
    audience.visit(message.key, (session) => {
      if (session === message.peer) return;
      event ??= this.#outgoing(message, message.idNumber);
      tooLarge = trySend(session, event) ?? tooLarge;
    });
    event?.seal();
    // Once an event, for how many peers it may be.
    if (tooLarge) this.core.report(tooLarge);
  }

  /**
   * What a schema does not know stays here: an object may hold more than its type says.
   *
   * @throws {InvalidError} when this server emitted what its own contract does not accept.
   */
  #outgoing(
    {
      name,
      data,
      key,
      idPrefix: prefix,
      time,
      peer,
    }: Pick<EventMessage, "name" | "data" | "key" | "idPrefix" | "time" | "peer">,
    number: number | undefined,
  ): OutgoingEvent {
    const { schema, delivery, overflow } = eventDefinitionOf(this.core.contract, name);
    // What a peer emitted is what its schema returned already.
    const value = peer ? data : validate(schema, name, data);
    return new OutgoingEvent({ name, key, delivery, overflow, prefix, number, time }, value);
  }

  #emitTo(target: Peer | { readonly user: string }, name: string, data: unknown): number {
    const { newId, runtime, topics } = this.core;
    const topic = topics.get(name);
    if (!topic) throw new MisuseError(`"${name}" is not an event of this contract.`, { name });
    this.core.checkSends(name, topic.definition.from);
    eventDefinitionOf(this.core.contract, name);
    const audience = this.#audiences.get(name)?.audience;
    const key = topic.key(data);
    let event: OutgoingEvent | undefined;
    let sent = 0;
    let tooLarge: OverflowError | undefined;
    for (const session of this.#addressed(target)) {
      if (!audience?.has(session, key)) continue;
      event ??= this.#outgoing(
        { name, data, key, idPrefix: newId(), time: runtime.now(), peer: undefined },
        undefined,
      );
      const error = trySend(session, event);
      if (error) tooLarge = error;
      else sent += 1;
    }
    event?.seal();
    if (tooLarge) this.core.report(tooLarge);
    return sent;
  }

  #addressed(target: Peer | { readonly user: string }): Iterable<Session> {
    if ("id" in target) {
      const session = this.#peer(target.id);
      return session ? [session] : [];
    }
    return this.#byUser.of(target.user);
  }

  #peer(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.welcomed ? session : undefined;
  }
}

function sendAway(session: Session, { code, message, retryable }: CloseReason): void {
  session.disconnect(message, { code, retryable });
}

/** Sends an event. @returns the error where it is more than the peer's link takes. */
function trySend(session: Session, event: OutgoingEvent): OverflowError | undefined {
  try {
    session.sendEvent(event);
    return undefined;
  } catch (error) {
    if (error instanceof OverflowError) return error;
    throw error;
  }
}
