import {
  type BusOptions,
  ClosedError,
  type CloseReason,
  type Contract,
  DeniedError,
  DisconnectedError,
  type EventwireError,
  type Gap,
  InvalidError,
  type Key,
  type Link,
  type LinkSource,
  type Peer,
  type Runtime,
  type Subscription,
  UnsupportedError,
} from "@eventwire/core";
import {
  type Begun,
  type BusCore,
  createClientBus,
  type EventDefinition,
  EventMessage,
  isUnchecked,
  type Topic,
  type Uplink,
  validate,
} from "@eventwire/core/attach";
import { Answering } from "./answering.js";
import { Channel } from "./channel.js";
import type { ClientBus, Connection } from "./connection.js";
import { ContractDifferences } from "./contract-differences.js";
import { type Counters, Counting } from "./counters.js";
import { fromFailure, toFailure } from "./failure.js";
import { fingerprint } from "./fingerprint.js";
import { Greeting } from "./greeting.js";
import { defaultLimits, type Limits, limitsFrom, mostMessageBytes } from "./limits.js";
import {
  type Codec,
  type Events,
  encodeMessage,
  type Failed,
  isBoundedKey,
  maxKeyBytes,
  runLength,
  type Welcome,
  type WireMessage,
} from "./messages.js";
import { OfflineEvents } from "./offline-events.js";
import { Outgoing, OutgoingEvent } from "./outgoing.js";
import { Questions } from "./questions.js";
import { Refreshing } from "./refreshing.js";
import { sendFitting } from "./send-fitting.js";
import { type Status, StatusSubject } from "./status.js";
import type { Subject } from "./subject.js";
import type { TraitsEntry } from "./traits.js";
import { whileTrue } from "./while-true.js";
import { Wishes } from "./wishes.js";

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
}

/**
 * Creates a client's bus over the links of `source`. For those who write a link; applications call the `connect` of one.
 */
export function createClient<C extends Contract>(
  contract: C,
  source: LinkSource,
  { auth, refresh, codec, limits, ...options }: ClientOptions = {},
): ClientBus<C> {
  let client!: Client;
  const bus = createClientBus(contract, options, (core) => {
    client = new Client(core, { auth, refresh, codec, limits });
    return client;
  });
  client.start(source);
  const connection: Connection = client;
  return Object.assign(bus, { connection });
}

/** One link and what was agreed over it. */
interface Session {
  readonly channel: Channel;
  readonly greeting: Greeting;
  readonly answering: Answering;
  welcomed: boolean;
  goodbye: CloseReason | undefined;
}

const closed: CloseReason = { code: "Closed", message: "The bus was closed.", retryable: false };
const server: Peer = { id: "server", user: undefined };

/** The client's half of the protocol: it outlives its links, and asks again over each new one. */
class Client implements Uplink, Connection {
  readonly #core: BusCore;
  readonly #auth: ClientOptions["auth"];
  readonly #codec: ClientOptions["codec"];
  readonly #limits: Limits;
  readonly #counting = new Counting();
  readonly #status: StatusSubject;
  readonly #wishes: Wishes;
  readonly #questions: Questions;
  readonly #offline: OfflineEvents;
  readonly #differences: ContractDifferences;
  readonly #refreshing: Refreshing;
  #session: Session | undefined;
  #stopSource: (() => void) | undefined;
  #end: EventwireError | undefined;

  constructor(core: BusCore, { auth, refresh, codec, limits }: Omit<ClientOptions, keyof BusOptions>) {
    const { runtime, report } = core;
    core.exposed = true;
    this.#core = core;
    this.#auth = auth;
    this.#codec = codec;
    // What a server asks it knows how long to wait for.
    this.#limits = { ...limitsFrom(limits), requestTimeout: Number.POSITIVE_INFINITY };
    this.#status = new StatusSubject(runtime.now(), report);
    let lastRef = 0;
    // What is answered by number shares the numbers.
    const nextRef = () => ++lastRef;
    this.#questions = new Questions(core, nextRef);
    this.#offline = new OfflineEvents(runtime, report);
    this.#differences = new ContractDifferences(core.contract, report);
    const give = refresh ?? (typeof auth === "function" ? (auth as () => unknown) : () => auth);
    this.#refreshing = new Refreshing(runtime, nextRef, give);
    this.#wishes = new Wishes({
      nextRef,
      added: (message) => this.#connected?.send(message),
      removed: (ref) => this.#connected?.send(["unlisten", ref]),
    });
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
    const refusal = this.#refusal(name, key);
    return refusal ? { ready: Promise.reject(refusal), stop: nothing } : this.#wishes.add(name, key);
  }

  emit(message: EventMessage): void {
    const { name, data, key, idPrefix: prefix, idNumber: number } = message;
    const { definition } = this.#core.topics.get(name)!;
    if (isUnchecked(definition.schema)) throw uncheckedUnsupported(name);
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

  request(...asked: Parameters<Uplink["request"]>): Promise<unknown> {
    const refusal = this.#end ?? this.#differences.sending(asked[0]);
    if (refusal) throw refusal;
    return this.#questions.ask(...asked);
  }

  async close(drain: number): Promise<void> {
    const waits = () => !this.#end && (this.#offline.size > 0 || this.#connected?.busy === true);
    await whileTrue(this.#core.runtime, drain, waits);
    this.#finish(closed, new ClosedError("No answer can come"));
  }

  #refusal(name: string, key: Key | undefined): EventwireError | undefined {
    if (isUnchecked(this.#core.topics.get(name)!.definition.schema)) return uncheckedUnsupported(name);
    if (key === undefined || isBoundedKey(key)) return this.#end ?? this.#differences.listening(name);
    const message = `a key must be a finite number or a text of up to ${maxKeyBytes} bytes`;
    return new InvalidError(name, [{ message, path: [] }]);
  }

  get #connected(): Channel | undefined {
    return this.#session?.welcomed ? this.#session.channel : undefined;
  }

  #begin(link: Link): void {
    if (this.#end) {
      link.close(closed);
      return;
    }
    const { contract, report, runtime } = this.#core;
    const { bufferedBytes, messageBytes } = this.#limits;
    const limits = { frameBytes: Infinity, bufferedBytes, whenFull: "refuse" } as const;
    const channel = new Channel(link, runtime, this.#counting, limits, {
      message: (message) => this.#receive(session, message),
      malformed: (error) => {
        this.#counting.refuse(error.code);
        report(error);
      },
      closed: (reason) => this.#ended(session, reason),
      failed: report,
    });
    const greeting = new Greeting({
      runtime,
      channel,
      contract: fingerprint(contract),
      auth: this.#auth,
      codecs: this.#codec === "json" ? undefined : ["messagepack"],
      maxMessageBytes: Math.min(messageBytes, mostMessageBytes),
      report,
    });
    const answering = this.#answering(channel);
    const session: Session = { channel, greeting, answering, welcomed: false, goodbye: undefined };
    this.#session = session;
    channel.open();
    void greeting.say();
  }

  /** Answers what the server asks over one link. */
  #answering(channel: Channel): Answering {
    return new Answering({ core: this.#core, limits: this.#limits }, server, {
      send: (encoded, ...beginning) => channel.sendEncoded(encoded, beginning),
      withdraw: (ref) => channel.withdraw(["answer", ref]),
      fail: (ref, error) => fail(channel, ref, error),
    });
  }

  #receive(session: Session, message: WireMessage): void {
    if (message[0] === "goodbye") {
      // Until the welcome it may be of an earlier link, and then says nothing of this client.
      const own = session.welcomed || session.greeting.isAnsweredBy(message);
      session.goodbye = own ? message[1] : { ...message[1], retryable: true };
      session.channel.link.close(session.goodbye);
      return;
    }
    if (!session.welcomed) {
      if (message[0] === "welcome" && session.greeting.isAnsweredBy(message))
        this.#welcome(session, message[1]);
      return;
    }
    switch (message[0]) {
      case "event": {
        const [, name, data, id, time] = message;
        const topic = this.#arriving(name, 1);
        if (topic) this.#deliver(topic, data, id, "", timeOf(time, this.#core.runtime));
        return;
      }
      case "events":
        this.#deliverRun(message);
        return;
      case "listening":
        this.#granted(message[1]);
        return;
      case "ping":
        session.channel.answer(message);
        return;
      case "gap": {
        const [, name, key, reason, missed] = message;
        this.#core.gap(name, key ?? undefined, reason, missed ?? undefined);
        return;
      }
      case "contract":
        this.#learn(session, message[1]);
        return;
      case "request":
        session.answering.request(message);
        return;
      case "pull":
        session.answering.pull(message[1], message[2]);
        return;
      case "cancel":
        session.answering.cancel(message[1]);
        return;
      case "answer":
      case "streaming":
      case "item":
        this.#questions.receive(message);
        return;
      case "failed":
        if (!this.#questions.receive(message)) this.#unlistened(message);
        return;
      case "refused": {
        const [, id, name, failure] = message;
        this.#core.report(fromFailure(failure, name ?? id ?? "message"));
        return;
      }
      case "expiring":
        this.refresh().catch(this.#core.report);
        return;
      case "authorized":
        this.#refreshing.answered(message[1]);
        // What was refused before may be allowed now.
        for (const listen of this.#wishes.refused((name) => !this.#differences.listening(name)))
          session.channel.send(listen);
        return;
      default:
        this.#counting.refuse("Invalid");
    }
  }

  /** The server speaks MessagePack: what that takes is loaded, and the server told. Until then both speak JSON. */
  async #pack({ channel }: Session): Promise<void> {
    try {
      const { Binary, BinaryReader } = await import("./binary-codec.js");
      channel.reader = new BinaryReader();
      channel.pack(new Binary());
      channel.send(["reads", "messagepack"]);
    } catch (error) {
      this.#core.report(error);
    }
  }

  #welcome(session: Session, { maxFrameBytes, codec, maxMessageBytes }: Welcome[1]): void {
    const { channel } = session;
    session.greeting.end();
    session.welcomed = true;
    this.#differences.clear();
    const { transport } = channel.link.facts;
    this.#core.inspect?.({ type: "link.opened", peer: server, transport });
    channel.maxFrameBytes = Math.min(channel.link.facts.maxFrameBytes, maxFrameBytes);
    channel.settle(Infinity, defaultLimits.heartbeat);
    if (maxMessageBytes !== undefined) this.#speakParts(session, maxMessageBytes);
    if (codec && this.#codec !== "json") void this.#pack(session);
    // What is over the new link's size must not keep back what comes after it.
    for (const message of this.#wishes.all()) this.#core.attempt(() => channel.send(message));
    const current = () => this.#session === session;
    while (current() && this.#offline.size > 0) {
      const event = this.#offline.take()!;
      this.#core.attempt(() => this.#sendEvent(channel, event));
    }
    if (current()) this.#questions.connect(channel);
    if (current()) this.#status.set("connected", undefined, this.#core.runtime.now());
  }

  #speakParts(session: Session, theirs: number): void {
    const { channel } = session;
    const refused = ([type, about, name = type]: Subject, error: EventwireError) => {
      this.#counting.refuse(error.code);
      if (type === "request") fail(channel, about, error);
      else if (type !== "event") this.#questions.refuse(about, error);
      else {
        this.#core.gap(name, undefined, "overflow", 1);
        this.#core.report(error);
      }
    };
    channel.speakParts(theirs, Math.min(this.#limits.messageBytes, mostMessageBytes), {
      announced: () => undefined,
      message: (message) => this.#receive(session, message),
      refused,
      foreign: ({ code }) => this.#counting.refuse(code),
    });
  }

  #sendEvent(channel: Channel, event: Outgoing): void {
    channel.sendEvent(event);
    this.#counting.eventsOut += 1;
  }

  #deliverRun(run: Events): void {
    const [, name, prefix, time] = run;
    const topic = this.#arriving(name, runLength(run));
    if (!topic) return;
    const at = timeOf(time, this.#core.runtime);
    let number = 0;
    for (let index = 4; index < run.length; index += 2) {
      number += run[index] as number;
      this.#deliver(topic, run[index + 1], number, prefix, at);
    }
  }

  /** Where events of a name go. A server of another release may know some that this contract does not, or not so. */
  #arriving(name: string, count: number): Topic | undefined {
    const topic = this.#core.topics.get(name);
    if (topic && mayArrive(topic.definition)) {
      this.#counting.eventsIn += count;
      return topic;
    }
    for (let times = 0; times < count; times++) this.#counting.refuse("Unsupported");
    return undefined;
  }

  /** @param id a number where it goes on from the prefix. */
  #deliver(topic: Topic, data: unknown, id: string | number, prefix: string, time: number): void {
    const { name, definition } = topic;
    try {
      const value = validate(definition.schema, name, data);
      const key = topic.key(value);
      this.#core.deliver(topic, new EventMessage(name, value, key, time, server, id, prefix, undefined));
    } catch (error) {
      if (error instanceof InvalidError) this.#counting.refuse(error.code);
      this.#core.report(error);
    }
  }

  #unlistened([, ref, failure]: Failed): void {
    if (this.#refreshing.answered(ref, fromFailure(failure, "auth"))) return;
    this.#refuse(ref, (name) => fromFailure(failure, name));
  }

  #refuse(ref: number, error: (name: string) => EventwireError): void {
    const lost = this.#wishes.refuse(ref, error);
    if (!lost) return;
    // It was granted before, so nobody awaits it any more.
    const told = this.#core.gaps.tellExactly({ ...lost, reason: "denied", missed: undefined });
    const reason = error(lost.name);
    if (!told || reason.code !== "Denied") this.#core.report(reason);
  }

  #learn({ channel }: Session, entries: readonly TraitsEntry[]): void {
    this.#differences.learn(entries, (name, error) => {
      const refs = this.#wishes.of(name);
      for (const ref of refs) {
        channel.send(["unlisten", ref]);
        this.#refuse(ref, () => error);
      }
      return refs.length > 0;
    });
  }

  #granted(ref: number): void {
    const { gaps, topics } = this.#core;
    const again = this.#wishes.grant(ref);
    if (!again || topics.get(again.name)!.definition.delivery !== "live") return;
    const gap: Gap = { ...again, reason: "disconnected", missed: undefined };
    if (!gaps.tellExactly(gap)) gaps.report(gap);
  }

  #ended(session: Session, reason: CloseReason): void {
    session.greeting.end();
    session.answering.end();
    const lost = session.goodbye ?? reason;
    const { transport } = session.channel.link.facts;
    if (session.welcomed)
      this.#core.inspect?.({ type: "link.closed", peer: server, transport, reason: lost });
    if (this.#session !== session) return;
    this.#session = undefined;
    const error = (name: string) =>
      new DisconnectedError(`The connection was lost before "${name}" was answered: ${lost.message}`, {
        name,
      });
    this.#questions.disconnect(error);
    this.#wishes.lost();
    this.#refreshing.lost();
    this.#lost(lost);
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
    session?.greeting.end();
    session?.channel.close(reason);
    this.#questions.end(() => error);
    this.#wishes.refuseAll(error);
    this.#refreshing.lost();
    this.#offline.giveUp();
    this.#status.set("closed", reason, this.#core.runtime.now());
  }
}

function fail(channel: Channel, ref: number, error: unknown): void {
  sendFitting(toFailure(error), (shown) => channel.send(["failed", ref, shown]));
}

/** What is not checked, or not a server's to send, is not let in. */
function mayArrive({ from, delivery, schema }: EventDefinition): boolean {
  return from !== "client" && delivery !== "durable" && !isUnchecked(schema);
}

function timeOf(time: unknown, runtime: Runtime): number {
  return typeof time === "number" ? time : runtime.now();
}

function uncheckedUnsupported(name: string): UnsupportedError {
  const message = `"${name}" has no schema, so it cannot cross a link. Define it with one.`;
  return new UnsupportedError(message, { name });
}

function nothing(): undefined {
  return undefined;
}
