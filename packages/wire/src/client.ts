import {
  type BusOptions,
  ClosedError,
  type CloseReason,
  type Contract,
  DeniedError,
  DisconnectedError,
  type EventwireError,
  type Key,
  type Link,
  type LinkSource,
  type Offset,
  type Peer,
  type Receipt,
  type Subscription,
} from "@eventwire/core";
import {
  type Begun,
  type BusCore,
  createClientBus,
  type EventMessage,
  type Following,
  type FollowWish,
  type GroupWorker,
  type JoinWish,
  type Membership,
  type Sink,
  type Uplink,
} from "@eventwire/core/attach";
import { Arrivals } from "./arrivals.js";
import type { Channel } from "./channel.js";
import type { ClientFollowing, ClientFollowingHost } from "./client-following.js";
import type { ClientGroups } from "./client-groups.js";
import { ClientListening } from "./client-listening.js";
import { ClientOutbox } from "./client-outbox.js";
import type { ClientSession, ClientSessionHost } from "./client-session.js";
import type { ClientBus, Connection } from "./connection.js";
import { ContractDifferences } from "./contract-differences.js";
import { type Counters, Counting } from "./counters.js";
import { Deadlines } from "./deadlines.js";
import { encodeMessage } from "./frames.js";
import { type Limits, limitsFrom } from "./limits.js";
import { type Codec, reservedRefs } from "./messages.js";
import { OfflineEvents } from "./offline-events.js";
import type { OutboxOptions } from "./outbox-options.js";
import { Outgoing, OutgoingEvent } from "./outgoing.js";
import { Questions } from "./questions.js";
import { Refreshing } from "./refreshing.js";
import { checkSchema } from "./refusal.js";
import { RequestInlets } from "./request-inlets.js";
import { type Status, StatusSubject } from "./status.js";
import { whileTrue } from "./while-true.js";

export interface ClientOptions extends BusOptions {
  /**
   * What the server's `authenticate` finds as `auth`, such as `{ token }`; up to 16 kB. A function is asked for each
   * connection, and may be asynchronous; what it throws reaches `onError`, and is followed by another attempt.
   */
  readonly auth?: object | string | (() => unknown) | undefined;
  /**
   * What the server is sent when credentials are refreshed over a link whose transport's own opening carries `auth`; may be
   * asynchronous. Default: what `auth` gives.
   */
  readonly refresh?: (() => unknown) | undefined;
  /**
   * How what is larger than a small frame is written, where the server can as well: MessagePack, which is half as large and twice as
   * fast, and loaded when it is first needed; or JSON. Default `"messagepack"`.
   */
  readonly codec?: Codec | "json" | undefined;
  /**
   * What is taken from the server, and what may wait for it, in bytes: `messageBytes`, the largest message, and `bufferedBytes`.
   * Default 8 MB each.
   */
  readonly limits?: Partial<Pick<Limits, "messageBytes" | "bufferedBytes">> | undefined;
  /** How durable events wait that are emitted here, until the server's log has them. Default: in memory. */
  readonly outbox?: OutboxOptions | undefined;
}

/** What speaks over a link, or a promise where that is loaded first. */
export type Sessions = typeof ClientSession | Promise<typeof ClientSession>;

/** @param sessions asked for each link. */
export function clientOver<C extends Contract>(
  contract: C,
  source: LinkSource,
  { auth, refresh, codec, limits, outbox, ...options }: ClientOptions,
  sessions: () => Sessions,
): ClientBus<C> {
  let client!: Client;
  const bus = createClientBus(contract, options, (core) => {
    client = new Client(core, { auth, refresh, codec, limits, outbox }, sessions);
    return client;
  });
  client.start(source);
  const connection: Connection = client;
  return Object.assign(bus, { connection });
}

const closed: CloseReason = { code: "Closed", message: "The bus was closed.", retryable: false };
const unloaded: CloseReason = {
  code: "Unavailable",
  message: "What speaks over a connection could not be loaded; onError was told why.",
  retryable: true,
};
/** For how long the end waits until the outbox is let go of, in milliseconds. */
const letGoWithin = 1_000;
const loading: CloseReason = {
  code: "Unavailable",
  message: "What speaks over a connection is still being loaded.",
  retryable: true,
};
/** After how long of that the status says so, in milliseconds. */
const loadingPatience = 5_000;
const server: Peer = { id: "server", user: undefined };

/** The client's half of the protocol: it outlives its links, and asks again over each new one. */
class Client implements Uplink, Connection {
  readonly #core: BusCore;
  readonly #counting = new Counting();
  readonly #status: StatusSubject;
  readonly #listening: ClientListening;
  readonly #nextRef: () => number;
  /** From when it first follows the server's log on. */
  #following: ClientFollowing | undefined;
  /** From when it first is one of a group on. */
  #groups: ClientGroups | undefined;
  readonly #questions: Questions;
  readonly #offline: OfflineEvents;
  readonly outbox: ClientOutbox;
  readonly #differences: ContractDifferences;
  readonly #refreshing: Refreshing;
  /** What each link needs. */
  readonly #host: ClientSessionHost;
  readonly #sessions: () => Sessions;
  #session: ClientSession | undefined;
  #stopSource: (() => void) | undefined;
  #end: EventwireError | undefined;

  constructor(
    core: BusCore,
    { auth, refresh, codec, limits, outbox }: Omit<ClientOptions, keyof BusOptions>,
    sessions: () => Sessions,
  ) {
    const { runtime, report } = core;
    core.exposed = true;
    this.#core = core;
    this.#sessions = sessions;
    this.#status = new StatusSubject(runtime.now(), report);
    let lastRef = reservedRefs;
    // What is answered by number shares the numbers.
    const nextRef = () => ++lastRef;
    const deadlines = new Deadlines(runtime, report);
    this.#questions = new Questions(core, deadlines, nextRef);
    core.onClose(() =>
      this.#questions.giveUpAll((name) => new ClosedError(`"${name}" was not answered`, name)),
    );
    this.#offline = new OfflineEvents(runtime, report);
    this.#differences = new ContractDifferences(core.contract, report);
    const give = refresh ?? (typeof auth === "function" ? (auth as () => unknown) : () => auth);
    this.#refreshing = new Refreshing(runtime, nextRef, give);
    this.#listening = new ClientListening(core, this.#differences, {
      nextRef,
      added: (message) => this.#connected?.send(message),
      removed: (ref) => this.#connected?.send(["unlisten", ref]),
    });
    this.outbox = new ClientOutbox(core, outbox, nextRef);
    const following = () => this.#following;
    const groups = () => this.#groups;
    this.#nextRef = nextRef;
    this.#host = {
      core,
      // What a server asks it knows how long to wait for.
      limits: { ...limitsFrom(limits), requestTimeout: Number.POSITIVE_INFINITY },
      counting: this.#counting,
      auth,
      codec,
      server,
      arrivals: new Arrivals(core, server, this.#counting),
      listening: this.#listening,
      get following() {
        return following();
      },
      outbox: this.outbox,
      get groups() {
        return groups();
      },
      questions: this.#questions,
      requests: new RequestInlets(core),
      deadlines,
      refreshing: this.#refreshing,
      welcomed: (session) => this.#welcomed(session),
      ended: (session, reason) => this.#ended(session, reason),
    };
  }

  start(source: LinkSource): void {
    this.#stopSource = source.listen(
      (link) => this.#begin(link),
      (reason) => this.#lost(reason),
    );
    // It may have failed for good before there was anything to stop.
    if (this.#end) this.#stopSource();
  }

  get status(): Status {
    return this.#status.current;
  }

  watch(
    listener: (status: Status) => void,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Subscription {
    return this.#status.watch(listener, signal);
  }

  counters(): Counters {
    return this.#counting.snapshot();
  }

  async refresh(): Promise<void> {
    if (this.#end) throw this.#end;
    const channel = this.#connected;
    if (channel) await this.#refreshing.refresh(channel);
  }

  listen(name: string, key: Key | undefined): Begun {
    return this.#end
      ? { ready: Promise.reject(this.#end), stop: () => undefined }
      : this.#listening.listen(name, key);
  }

  async follow(wish: FollowWish, sink: Sink): Promise<Following> {
    return (await this.#loadFollowing()).follow(wish, sink);
  }

  async position(): Promise<Offset> {
    return (await this.#loadFollowing()).position();
  }

  async join(wish: JoinWish, worker: GroupWorker): Promise<Membership> {
    if (!this.#end && !this.#groups) {
      const { ClientGroups } = await import("./client-groups.js");
      this.#groups ??= new ClientGroups(this.#followingHost());
    }
    if (this.#end) throw this.#end;
    return this.#groups!.join(wish, worker);
  }

  async #loadFollowing(): Promise<ClientFollowing> {
    if (!this.#end && !this.#following) {
      const { ClientFollowing } = await import("./client-following.js");
      this.#following ??= new ClientFollowing(this.#followingHost());
    }
    if (this.#end) throw this.#end;
    return this.#following!;
  }

  #followingHost(): ClientFollowingHost {
    return {
      core: this.#core,
      differences: this.#differences,
      nextRef: this.#nextRef,
      send: (message) => this.#connected?.send(message),
    };
  }

  emit(message: EventMessage): void {
    const { name, data, key, idPrefix: prefix, idNumber: number } = message;
    const { definition } = this.#core.topics.get(name)!;
    checkSchema(name, definition.schema);
    if (this.#end) throw new DisconnectedError(`"${name}" was not sent: the connection is closed.`, { name });
    const difference = this.#differences.sending(name);
    if (difference) throw difference;
    const channel = this.#connected;
    if (!channel && definition.delivery !== "live") return;
    const { delivery, overflow } = definition;
    const event =
      message.caused && message.cause.length > 0
        ? new Outgoing(undefined, encodeMessage(["event", name, data, message.id, message.cause], name), [
            "event",
            message.id,
            name,
            key,
          ])
        : new OutgoingEvent({ name, key, delivery, overflow, prefix, number, time: undefined }, data);
    if (channel) this.#sendEvent(channel, event);
    else {
      event.encode(undefined);
      this.#offline.put(name, event);
    }
    event.seal();
  }

  append(message: EventMessage, body: string): Promise<Receipt> {
    const { name } = message;
    checkSchema(name, this.#core.topics.get(name)!.definition.schema);
    if (this.#end) throw new DisconnectedError(`"${name}" was not sent: the connection is closed.`, { name });
    const difference = this.#differences.sending(name);
    if (difference) throw difference;
    return this.outbox.append(message, body);
  }

  appended(): Promise<void> {
    return this.outbox.appended();
  }

  request(...asked: Parameters<Uplink["request"]>): Promise<unknown> {
    const refusal = this.#end ?? this.#differences.sending(asked[0]);
    if (refusal) throw refusal;
    return this.#questions.ask(...asked);
  }

  async askTasks(...[kind, name, ...asked]: Parameters<Uplink["askTasks"]>): Promise<unknown> {
    const refusal = this.#end ?? (kind === "enqueue" ? this.#differences.sending(name) : undefined);
    if (refusal) throw refusal;
    // What is said of what was given is for who gave it: over another link nobody knows that before the worker is there.
    if ((kind === "settle" || kind === "progress" || kind === "rest") && !this.#connected)
      throw new DisconnectedError(`"${name}" was not sent: there is no connection.`, { name });
    // What ends what was given waits for nobody, and what is streamed goes on.
    const paced = kind !== "settle" && kind !== "rest" && kind !== "work" && kind !== "watch";
    return this.#questions.askOwn(kind, name, ...asked, paced);
  }

  get over(): boolean {
    return this.#end !== undefined;
  }

  async close(drain: number): Promise<void> {
    const waits = () => !this.#end && (this.#offline.size > 0 || this.#connected?.busy === true);
    await whileTrue(this.#core.runtime, drain, waits);
    const end = new ClosedError("No answer can come");
    this.#finish(closed, end);
    // What keeps the outbox may hang.
    await new Promise<void>((resolve) => {
      const cancel = this.#core.runtime.timer(resolve, letGoWithin);
      void this.outbox.end(end).then(() => {
        cancel();
        resolve();
      });
    });
  }

  get #connected(): Channel | undefined {
    return this.#session?.welcomed ? this.#session.channel : undefined;
  }

  #begin(link: Link): void {
    const sessions = this.#sessions();
    if (!(sessions instanceof Promise)) {
      this.#speak(link, sessions);
      return;
    }
    const cancel = this.#core.runtime.timer(() => this.#lost(loading), loadingPatience);
    sessions.then(
      (Session) => {
        cancel();
        this.#speak(link, Session);
      },
      (error: unknown) => {
        cancel();
        this.#core.report(error);
        link.close(unloaded);
        this.#lost(unloaded);
      },
    );
  }

  #speak(link: Link, Session: typeof ClientSession): void {
    if (this.#end) {
      link.close(closed);
      return;
    }
    this.#session = new Session(this.#host, link);
    this.#session.open();
  }

  #welcomed(session: ClientSession): void {
    const { channel } = session;
    // The server may be another release.
    this.#differences.clear();
    const { transport } = channel.link.facts;
    this.#core.inspect?.({ type: "link.opened", peer: server, transport });
    this.#listening.connect(channel);
    this.#following?.connect();
    this.outbox.connect(channel, session.appends);
    this.#groups?.connect();
    const current = () => this.#session === session;
    while (current() && this.#offline.size > 0) {
      const event = this.#offline.take()!;
      this.#core.attempt(() => this.#sendEvent(channel, event));
    }
    if (current()) this.#questions.connect(channel);
    if (current()) this.#status.set("connected", undefined, this.#core.runtime.now());
  }

  #sendEvent(channel: Channel, event: Outgoing): void {
    channel.sendEvent(event);
    this.#counting.eventsOut += 1;
  }

  #ended(session: ClientSession, reason: CloseReason): void {
    const { transport } = session.channel.link.facts;
    if (session.welcomed) this.#core.inspect?.({ type: "link.closed", peer: server, transport, reason });
    if (this.#session !== session) return;
    this.#session = undefined;
    const error = (name: string) =>
      new DisconnectedError(`The connection was lost before "${name}" was answered: ${reason.message}`, {
        name,
      });
    this.#questions.disconnect(error);
    this.#listening.lost();
    this.outbox.lost();
    this.#groups?.lost();
    this.#refreshing.lost();
    this.#lost(reason);
  }

  #lost(reason: CloseReason): void {
    if (this.#end) return;
    if (reason.retryable) {
      const state = this.#status.current.state === "connecting" ? "connecting" : "reconnecting";
      this.#status.set(state, reason, this.#core.runtime.now());
      return;
    }
    const error =
      reason.code === "Denied" ? new DeniedError(reason.message) : new DisconnectedError(reason.message);
    this.#finish(reason, error);
  }

  #finish(reason: CloseReason, error: EventwireError): void {
    if (this.#end) return;
    this.#end = error;
    this.#stopSource?.();
    const session = this.#session;
    this.#session = undefined;
    void this.outbox.end(error);
    session?.close(reason);
    this.#questions.end(() => error);
    this.#listening.end(error);
    this.#following?.end(error);
    this.#groups?.end(error);
    this.#refreshing.lost();
    this.#offline.giveUp();
    this.#status.set("closed", reason, this.#core.runtime.now());
  }
}
