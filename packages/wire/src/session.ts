import {
  type CloseReason,
  DeniedError,
  type EventwireError,
  type Link,
  type LinkFacts,
  OverflowError,
} from "@eventwire/core";
import type { Asking } from "@eventwire/core/attach";
import type { AnsweringHost } from "./answering.js";
import { Appending, type AppendingHost } from "./appending.js";
import type { Batch } from "./batch.js";
import { Channel, type ChannelReceiver } from "./channel.js";
import { type Counters, Counting } from "./counters.js";
import {
  Credentials,
  type CredentialsActions,
  type CredentialsHost,
  expiredCredentials,
  expiredReason,
  type Principal,
} from "./credentials.js";
import { Emitting } from "./emitting.js";
import { Exchange } from "./exchange.js";
import type { Flushes } from "./flushes.js";
import type { Gate } from "./gate.js";
import type { Inlets } from "./inlets.js";
import { Intake, type IntakeTaker, type Prompt } from "./intake.js";
import { type Introduced, Introduction } from "./introduction.js";
import { helloBytes } from "./limits.js";
import { type Auth, type Hello, nameOf, runLength, type WireMessage } from "./messages.js";
import type { OutgoingEvent } from "./outgoing.js";
import type { ConnectedPeer } from "./peer.js";
import type { Rates } from "./rates.js";
import { left, TooOftenError, tooMany, unexpected } from "./refusal.js";
import { Replies } from "./replies.js";
import type { Running, RunningStreams, StreamRights } from "./stream-rights.js";
import type { Subject } from "./subject.js";
import { Subscriptions, type SubscriptionsHost } from "./subscriptions.js";
import type { TaskDesk } from "./task-desk.js";
import { Traffic } from "./traffic.js";
import { type Welcomed, type WelcomingHost, welcome } from "./welcoming.js";

/** What a session needs of the hub that it belongs to. */
export interface SessionHost
  extends AnsweringHost,
    AppendingHost,
    CredentialsHost,
    SubscriptionsHost<Session>,
    WelcomingHost {
  readonly core: CredentialsHost["core"];
  readonly limits: CredentialsHost["limits"];
  readonly counting: Counting;
  /** Where what its peers are sent in one turn begins, so that they share frames. */
  readonly batches: { readonly text: Batch; readonly binary: Batch };
  readonly flushes: Flushes;
  readonly gates: {
    readonly listen: Gate;
    readonly history: Gate;
    readonly group: Gate;
    readonly emit: Gate;
    readonly request: Gate;
    readonly enqueue: Gate;
    readonly tasks: Gate;
    readonly work: Gate;
  };
  readonly inlets: Inlets;
  readonly tasks: TaskDesk;
  readonly rates: Rates;
  rightsTo<Stream extends Running>(streams: RunningStreams<Stream>): StreamRights<Stream>;
  welcomed(session: Session): void;
  ended(session: Session, reason: CloseReason): void;
}

/** The server's half of the protocol, for one link. Nothing that its peer sends reaches beyond it unchecked. */
export class Session
  implements ConnectedPeer<unknown>, ChannelReceiver, CredentialsActions, IntakeTaker, Introduced, Welcomed
{
  readonly id: string;
  readonly #host: SessionHost;
  readonly #counting: Counting;
  readonly #channel: Channel;
  readonly #traffic: Traffic;
  readonly #replies: Replies;
  readonly #intake: Intake;
  readonly #credentials: Credentials;
  readonly #subscriptions: Subscriptions<Session>;
  readonly #emitting: Emitting;
  /** From the first outbox on that it sends from. */
  #appending: Appending | undefined;
  /** Until the welcome. */
  #introduction: Introduction | undefined;
  /** From the first request on, in either direction: most peers only listen. */
  #exchange: Exchange | undefined;
  #ended = false;
  facts: LinkFacts;
  user: unknown;
  since = 0;

  constructor(host: SessionHost, link: Link) {
    const { core, limits } = host;
    this.id = core.runtime.randomId();
    this.#host = host;
    this.facts = link.facts;
    this.#counting = new Counting(host.counting);
    const frameBytes = Math.min(helloBytes, this.frameBytes);
    const channelLimits = { frameBytes, bufferedBytes: limits.bufferedBytes, whenFull: "drop" } as const;
    const shared = { start: host.batches.text, flushes: host.flushes };
    this.#channel = new Channel(link, core.runtime, this.#counting, channelLimits, this, shared);
    this.#traffic = new Traffic(core.runtime, limits);
    this.#replies = new Replies(core, this.#channel, this.#counting, this.#traffic);
    this.#intake = new Intake(limits, this.#traffic, this);
    this.#credentials = new Credentials(host, this);
    this.#subscriptions = new Subscriptions(host, this, this.#channel, this.#replies);
    this.#emitting = new Emitting(host, this, this.#replies);
    this.#introduction = new Introduction(host, this, this.#channel, this.#replies);
  }

  get frameBytes(): number {
    return Math.min(this.#host.limits.frameBytes, this.facts.maxFrameBytes);
  }

  open(): void {
    this.#channel.open();
  }

  /** Whether it has been welcomed. */
  get welcomed(): boolean {
    return this.#introduction === undefined;
  }

  /** Whether something waits to be sent to it. */
  get sending(): boolean {
    return this.#channel.busy;
  }

  /** Whether it waits for answers, or has not answered what it was given to do. */
  get busy(): boolean {
    return this.#exchange?.busy === true || this.#subscriptions.busy || this.#host.tasks.busy(this);
  }

  /** Gives it nothing more to do: it is about to be sent away. */
  relieve(): void {
    this.#subscriptions.relieve();
    this.#host.tasks.relieve(this);
  }

  counters(): Counters {
    return this.#counting.snapshot();
  }

  disconnect(
    reason: string,
    {
      code = "Disconnected",
      retryable = false,
    }: { readonly code?: string; readonly retryable?: boolean } = {},
  ): void {
    this.#replies.close(code, reason, retryable);
  }

  /**
   * Asks the peer. Its input has passed its schema.
   *
   * @throws {DisconnectedError} when it has left.
   */
  ask(name: string, input: unknown, asking: Asking): Promise<unknown> {
    if (this.#ended) throw left(name, "its link has ended.");
    return this.#exchanging().ask(name, input, asking);
  }

  /** @throws {OverflowError} when the event is more than the peer's link takes. */
  sendEvent(event: OutgoingEvent): void {
    this.#channel.sendEvent(event);
    this.#counting.eventLeft();
  }

  /** Asks the rules again about what it listens to, and what is streamed to it. @returns how much was ended. */
  async reauthorize(): Promise<number> {
    const [subscriptions, streams = 0] = await Promise.all([
      this.#subscriptions.askAgain(),
      this.#exchange?.askAgain(),
    ]);
    return subscriptions + streams;
  }

  /** What its channel takes. */
  message(message: WireMessage, bytes: number): void {
    if (this.#introduction) this.#introduction.take(message);
    else this.#intake.take(message, bytes);
  }

  malformed(error: EventwireError): void {
    this.#replies.refuse(null, null, error);
  }

  failed(error: unknown): void {
    this.#host.core.report(error);
  }

  /** There is room on its link again. */
  roomy(): void {
    this.#subscriptions.resume();
  }

  /** Its link has ended. */
  closed(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#introduction?.end();
    this.#replies.end();
    this.#intake.end();
    this.#credentials.end();
    this.#subscriptions.end();
    this.#emitting.end();
    this.#appending?.end();
    this.#exchange?.end(reason.message);
    this.#host.ended(this, reason);
  }

  /** Whether a message that comes in parts is taken. */
  announced(): EventwireError | undefined {
    const wait = this.#traffic.message();
    return wait > 0 ? tooMany(wait) : undefined;
  }

  refused(subject: Subject, error: EventwireError): void {
    if (subject[0] === "event") this.#replies.refuse(subject[1], subject[2], error);
    else if (subject[0] === "append") {
      // What can never come whole is refused.
      const final = ["Invalid", "Overflow"].includes(error.code) && !(error instanceof TooOftenError);
      this.#appending?.passOver(subject[1], subject[2], final ? error : waitOf(error));
    } else if (subject[0] === "request") this.#replies.fail(subject[1], error);
    else {
      this.#replies.count(error.code);
      this.#exchange?.refuse(subject[1], error);
    }
  }

  foreign(error: EventwireError): void {
    this.#replies.refuse(null, null, error);
  }

  /** Its credentials end in so many milliseconds. */
  expiring(milliseconds: number): void {
    this.#channel.send(["expiring", Math.ceil(milliseconds)]);
  }

  /** Nothing more of what went on is for this peer. */
  expired(): void {
    this.#subscriptions.cutOff(expiredCredentials);
    this.#exchange?.cutOff(expiredCredentials);
  }

  close(reason: CloseReason): void {
    this.#channel.close(reason);
  }

  introduced(hello: Hello[1], user: Principal, facts: LinkFacts): void {
    if (!this.#credentials.accept(user)) {
      this.#channel.close(expiredReason);
      return;
    }
    this.user = user;
    this.facts = facts;
    this.#channel.hailed = undefined;
    this.#introduction?.end();
    this.#introduction = undefined;
    this.since = this.#host.core.runtime.now();
    welcome(this.#host, this.#channel, this, user, hello);
    this.#host.welcomed(this);
  }

  listens(ref: number): boolean {
    return this.#subscriptions.has(ref);
  }

  atOnce(message: Prompt): void {
    switch (message[0]) {
      case "took":
      case "done":
      case "undone":
      case "unlisten":
        this.#subscriptions.take(message);
        return;
      case "goodbye":
        this.#channel.link.close(message[1]);
        return;
      case "reads":
        if (message[1] === "messagepack" && this.#host.binary) {
          this.#channel.pack(this.#host.binary, this.#host.batches.binary);
        }
        return;
      case "auth":
        void this.#refresh(message);
        return;
      default:
        this.#exchange?.receive(message);
    }
  }

  /** Does what its turn has come for. @returns a promise where what comes after has to wait. */
  begin(message: WireMessage): Promise<void> | undefined {
    try {
      if (this.#credentials.expired && !harmless.has(message[0])) {
        this.reject(message, expiredCredentials(nameOf(message)));
        return undefined;
      }
      switch (message[0]) {
        case "ping":
          // In its turn: it tells its sender that what came before has been decided.
          this.#channel.answer(message);
          return undefined;
        case "event":
          this.#counting.eventsCame(1);
          return this.#emitting.event(message);
        case "events":
          this.#counting.eventsCame(runLength(message));
          return this.#emitting.events(message);
        case "append":
          this.#counting.eventsCame(1);
          return this.#appending?.append(message);
        case "produce":
          this.#appending ??= new Appending(this.#host, this, this.#replies);
          this.#appending.produce(message);
          return undefined;
        case "produced":
          this.#appending?.produced(message[1]);
          return undefined;
        case "listen":
        case "follow":
        case "join":
        case "unlisten":
          this.#subscriptions.take(message);
          return undefined;
        case "position":
          void this.#replies.position(message[1]);
          return undefined;
        case "request":
          return this.#exchanging().take(message);
        case "pull":
        case "cancel":
          return this.#exchange?.take(message);
        case "sync":
          this.#channel.send(["synced", message[1]]);
          return undefined;
        default:
          this.#replies.refuse(null, null, unexpected(message[0]));
      }
    } catch (error) {
      this.#host.core.report(error);
    }
    return undefined;
  }

  /** Answers a message of which nothing was done. */
  reject(message: WireMessage, error: EventwireError): void {
    if (message[0] === "pull") this.#exchange?.giveUp(message[1], error);
    else if (message[0] === "append") this.#appending?.passOver(message[1], message[2], waitOf(error));
    else if (message[0] === "produce")
      // Denied means that it is somebody else's.
      this.#replies.fail(message[1], new TooOftenError(error.message, waitOf(error)));
    else this.#replies.reject(message, error);
  }

  #exchanging(): Exchange {
    this.#exchange ??= new Exchange(this.#host, this, this.#channel, this.#replies);
    return this.#exchange;
  }

  /** Somebody stays who they are, and may do other things than before. */
  async #refresh([, ref, auth]: Auth): Promise<void> {
    const facts = { ...this.facts, auth };
    let user: Principal;
    try {
      user = await this.#credentials.check(facts);
    } catch (error) {
      if (!(error instanceof DeniedError || error instanceof OverflowError)) this.#host.core.report(error);
      if (!this.#ended) this.#replies.fail(ref, error);
      return;
    }
    if (this.#ended) return;
    if (user.id !== (this.user as Principal).id) {
      this.#replies.count("Denied");
      this.#replies.close("Denied", "These credentials are somebody else's. Connect anew with them.", false);
    } else if (!this.#credentials.accept(user)) {
      this.#replies.fail(ref, expiredCredentials("auth"));
    } else {
      this.user = user;
      this.facts = facts;
      this.#channel.send(["authorized", ref]);
      await this.reauthorize();
    }
  }
}

/** After how long an append comes again that came when it could not be looked at, in milliseconds. */
const appendWait = 1_000;

function waitOf(error: EventwireError): number {
  return error instanceof TooOftenError ? error.wait : appendWait;
}

/** What a peer may send whose credentials have expired. */
const harmless: ReadonlySet<string> = new Set(["unlisten", "produced", "cancel", "sync", "ping"]);
