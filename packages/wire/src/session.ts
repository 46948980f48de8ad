import {
  type CloseReason,
  DeniedError,
  type EventwireError,
  type Key,
  type Link,
  type LinkFacts,
  OverflowError,
} from "@eventwire/core";
import type { Asking, BusCore } from "@eventwire/core/attach";
import { Answering } from "./answering.js";
import { Appending } from "./appending.js";
import type { AssemblyReceiver } from "./assembly.js";
import type { Batch } from "./batch.js";
import type { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { Channel, type ChannelReceiver } from "./channel.js";
import { type Counters, Counting } from "./counters.js";
import {
  Credentials,
  type CredentialsActions,
  expiredCredentials,
  expiredReason,
  type Principal,
} from "./credentials.js";
import type { Deadlines } from "./deadlines.js";
import { Emitting } from "./emitting.js";
import type { Ends } from "./ends.js";
import type { Flushes } from "./flushes.js";
import { Followings } from "./followings.js";
import type { Gate } from "./gate.js";
import type { Inlets } from "./inlets.js";
import { type Introduced, Introduction } from "./introduction.js";
import { helloBytes, type Limits, mostMessageBytes } from "./limits.js";
import { Listening, type ListeningReplies } from "./listening.js";
import { Memberships } from "./memberships.js";
import {
  type Auth,
  type Events,
  eventsOf,
  type Hello,
  nameOf,
  protocolVersion,
  runLength,
  type WireMessage,
} from "./messages.js";
import type { OutgoingEvent } from "./outgoing.js";
import type { ConnectedPeer } from "./peer.js";
import { Questions } from "./questions.js";
import type { Rates } from "./rates.js";
import { left, TooOftenError, tooMany, unexpected } from "./refusal.js";
import { Replies } from "./replies.js";
import type { RequestInlets } from "./request-inlets.js";
import type { StoredEvents } from "./stored-events.js";
import type { Running, RunningStreams, StreamRights } from "./stream-rights.js";
import type { Subject } from "./subject.js";
import type { TaskDesk } from "./task-desk.js";
import { Traffic } from "./traffic.js";
import type { TraitsEntry } from "./traits.js";
import { Turns, type TurnTaker } from "./turns.js";

/** What a session needs of the hub that it belongs to. */
export interface SessionHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly counting: Counting;
  readonly fingerprint: string;
  /** What the contract has, in parts that fit into frames. */
  readonly traits: readonly (readonly TraitsEntry[])[];
  /** Makes MessagePack, where it is spoken. */
  readonly binary: Binary | undefined;
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
  /** What the log has, on its way to those who follow it. */
  readonly stored: StoredEvents;
  readonly inlets: Inlets;
  readonly logInlets: Inlets;
  readonly tasks: TaskDesk;
  readonly requests: RequestInlets;
  /** Of all that is asked and answered. */
  readonly deadlines: Deadlines;
  readonly rates: Rates;
  readonly outboxRates: Rates;
  readonly ends: Ends;
  rightsTo<Stream extends Running>(streams: RunningStreams<Stream>): StreamRights<Stream>;
  /** @throws {DeniedError} when this link may not be served. */
  authenticate(facts: LinkFacts): Promise<Principal>;
  welcomed(session: Session): void;
  ended(session: Session, reason: CloseReason): void;
  /** @returns whether it is new: false where the session listens to this already. */
  join(session: Session, name: string, key: Key | undefined): boolean;
  leave(session: Session, name: string, key: Key | undefined): void;
}

/** The server's half of the protocol, for one link. Nothing that its peer sends reaches beyond it unchecked. */
export class Session
  implements
    ConnectedPeer<unknown>,
    ChannelReceiver,
    AssemblyReceiver,
    CredentialsActions,
    Introduced,
    ListeningReplies,
    TurnTaker<WireMessage>
{
  readonly id: string;
  readonly #host: SessionHost;
  readonly #counting: Counting;
  readonly #channel: Channel;
  readonly #traffic: Traffic;
  readonly #replies: Replies;
  readonly #turns: Turns<WireMessage>;
  readonly #credentials: Credentials;
  readonly #listening: Listening<Session>;
  readonly #emitting: Emitting;
  /** From the first outbox on that it sends from. */
  #appending: Appending | undefined;
  /** Until the welcome. */
  #introduction: Introduction | undefined;
  /** From the first request on, in either direction: most peers only listen. */
  #answering: Answering | undefined;
  #questions: Questions | undefined;
  /** From when it first follows the log on. */
  #followings: Followings | undefined;
  /** From when it first is one of a group on. */
  #memberships: Memberships | undefined;
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
    const frameBytes = Math.min(helloBytes, this.#frameBytes);
    const channelLimits = { frameBytes, bufferedBytes: limits.bufferedBytes, whenFull: "drop" } as const;
    const shared = { start: host.batches.text, flushes: host.flushes };
    this.#channel = new Channel(link, core.runtime, this.#counting, channelLimits, this, shared);
    this.#traffic = new Traffic(core.runtime, limits);
    this.#replies = new Replies(core, this.#channel, this.#counting, this.#traffic);
    this.#turns = new Turns(limits.heldMessages, limits.heldBytes, this);
    this.#credentials = new Credentials(host, this);
    this.#listening = new Listening(host, this, this);
    this.#emitting = new Emitting(host, this, this.#replies);
    this.#introduction = new Introduction(host, this, this.#channel, this.#replies);
  }

  get #frameBytes(): number {
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
    return this.#answering?.busy === true || this.#memberships?.busy === true || this.#host.tasks.busy(this);
  }

  /** Gives it nothing more to do: it is about to be sent away. */
  relieve(): void {
    this.#memberships?.relieve();
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
    if (!this.#questions) {
      const { core, deadlines, limits } = this.#host;
      let lastRef = 0;
      this.#questions = new Questions(core, deadlines, () => ++lastRef, limits.requests);
      this.#questions.connect(this.#channel);
    }
    return this.#questions.ask(name, input, asking, []);
  }

  /** @throws {OverflowError} when the event is more than the peer's link takes. */
  sendEvent(event: OutgoingEvent): void {
    this.#channel.sendEvent(event);
    this.#counting.eventLeft();
  }

  /** Asks the rules again about what it listens to, and what is streamed to it. @returns how much was ended. */
  async reauthorize(): Promise<number> {
    const [listenings, streams = 0] = await Promise.all([
      this.#listening.askAgain(),
      this.#answering?.askAgain(),
    ]);
    // Behind what it listens to, which may end some of them.
    return listenings + streams + ((await this.#memberships?.askAgain()) ?? 0);
  }

  /** What its channel takes. */
  message(message: WireMessage, bytes: number): void {
    if (this.#introduction) {
      this.#introduction.take(message);
      return;
    }
    // What was asked for is not too much, and neither is to ask for more of what was taken.
    switch (message[0]) {
      case "answer":
      case "failed":
      case "streaming":
      case "item":
        this.#questions?.receive(message);
        return;
      case "took":
        this.#followings?.took(message[1], message[2]);
        return;
      case "done":
        this.#memberships?.done(message[1], message[2]);
        return;
      case "undone":
        this.#memberships?.undone(message[1], message[2], message[3]);
        return;
      case "ping":
      case "pull":
        this.#inTurn(message, bytes);
        return;
    }
    if (message[0] === "events") {
      this.#receiveRun(message, bytes);
      return;
    }
    const wait = this.#traffic.message();
    switch (message[0]) {
      case "goodbye":
        this.#channel.link.close(message[1]);
        return;
      case "reads":
        if (message[1] === "messagepack" && this.#host.binary) {
          this.#channel.pack(this.#host.binary, this.#host.batches.binary);
        }
        return;
      case "unlisten":
        // It waits only for the listen that it ends.
        if (this.#listening.has(message[1])) this.#listening.unlisten(message[1]);
        else this.#inTurn(message, bytes);
        return;
      case "cancel":
        this.#inTurn(message, bytes);
        return;
    }
    if (wait > 0) this.#reject(message, tooMany(wait));
    else if (message[0] === "auth") void this.#refresh(message);
    else this.#inTurn(message, bytes);
  }

  malformed(error: EventwireError): void {
    this.#replies.refuse(null, null, error);
  }

  failed(error: unknown): void {
    this.#host.core.report(error);
  }

  /** Its link has ended. */
  closed(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#introduction?.end();
    this.#replies.end();
    this.#turns.end();
    this.#credentials.end();
    this.#listening.end();
    this.#followings?.end();
    this.#memberships?.end();
    this.#emitting.end();
    this.#appending?.end();
    this.#answering?.end();
    this.#questions?.end((name) => left(name, reason.message));
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
      this.#questions?.refuse(subject[1], error);
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
    this.#listening.cutOff(expiredCredentials);
    // Those too that it has left, and has not answered all of.
    this.#memberships?.end();
    this.#answering?.cutOff(expiredCredentials);
  }

  close(reason: CloseReason): void {
    this.#channel.close(reason);
  }

  introduced(
    { link, contract, codecs = [], maxMessageBytes: theirs }: Hello[1],
    user: Principal,
    facts: LinkFacts,
  ): void {
    if (!this.#credentials.accept(user)) {
      this.#channel.close(expiredReason);
      return;
    }
    this.user = user;
    this.facts = facts;
    const { core, fingerprint, limits, traits } = this.#host;
    this.#channel.hailed = undefined;
    this.#introduction?.end();
    this.#introduction = undefined;
    this.since = core.runtime.now();
    const maxFrameBytes = this.#frameBytes;
    const codec = this.#host.binary && codecs.includes("messagepack") ? "messagepack" : undefined;
    if (codec) this.#channel.reader = new BinaryReader();
    const ours = Math.min(limits.messageBytes, mostMessageBytes);
    const appends = limits.outboxes > 0 ? { outboxes: limits.outboxes, user: user.id } : undefined;
    const maxMessageBytes = theirs === undefined ? undefined : ours;
    this.#channel.send([
      "welcome",
      {
        protocol: protocolVersion,
        link,
        contract: fingerprint,
        peer: this.id,
        maxFrameBytes,
        codec,
        maxMessageBytes,
        ...appends,
      },
    ]);
    this.#channel.settle(maxFrameBytes, limits.heartbeat);
    if (theirs !== undefined) this.#channel.speakParts(theirs, ours, this);
    if (contract !== fingerprint) for (const part of traits) this.#channel.send(["contract", part]);
    this.#host.welcomed(this);
  }

  /** Does what its turn has come for. @returns a promise where what comes after has to wait. */
  begin(message: WireMessage): Promise<void> | undefined {
    try {
      if (this.#credentials.expired && !harmless.has(message[0])) {
        this.#reject(message, expiredCredentials(nameOf(message)));
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
          this.#listening.listen(message);
          return undefined;
        case "follow":
          this.#listening.follow(message);
          return undefined;
        case "join":
          this.#listening.join(message);
          return undefined;
        case "position":
          void this.#replies.position(message[1]);
          return undefined;
        case "unlisten":
          this.#listening.unlisten(message[1]);
          return undefined;
        case "request":
          return this.#answers().request(message);
        case "pull":
          this.#answering?.pull(message[1], message[2]);
          return undefined;
        case "cancel":
          this.#answering?.cancel(message[1]);
          return undefined;
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

  #answers(): Answering {
    this.#answering ??= new Answering(this.#host, this, {
      send: (message, name) => this.#channel.sendData(message, name),
      withdraw: (ref) => this.#channel.withdraw(["answer", ref]),
      fail: (ref, error) => this.#replies.fail(ref, error),
    });
    return this.#answering;
  }

  /** It may be followed. */
  follow(...asked: Parameters<Followings["follow"]>): void {
    this.#followings ??= new Followings(this.#host, this, this.#channel, this.#giveUp);
    this.#followings.follow(...asked);
  }

  /** It may be a member. */
  join(...asked: Parameters<Memberships["join"]>): void {
    this.#memberships ??= new Memberships(this.#host, this, this.#channel, this.#giveUp);
    this.#memberships.join(...asked);
  }

  leave(ref: number, told: boolean): void {
    this.#memberships?.leave(ref, told);
  }

  /** What was granted cannot go on. */
  readonly #giveUp = (ref: number, error: unknown): void => {
    this.#listening.giveUp(ref);
    this.#replies.fail(ref, error);
  };

  unfollow(ref: number): void {
    this.#followings?.unfollow(ref);
  }

  granted(ref: number): void {
    this.#replies.granted(ref);
  }

  fail(ref: number, error: unknown): void {
    this.#replies.fail(ref, error);
  }

  /** There is room on its link again. */
  roomy(): void {
    this.#followings?.resume();
    this.#memberships?.resume();
  }

  /** Each of its events is a message of its own, for the limits. */
  #receiveRun(run: Events, bytes: number): void {
    const count = runLength(run);
    const taken = this.#traffic.messages(count);
    if (taken === count) this.#inTurn(run, bytes);
    else {
      if (taken > 0) this.#inTurn(run.slice(0, 4 + 2 * taken) as unknown as Events, (bytes * taken) / count);
      const wait = this.#traffic.message();
      for (const event of eventsOf(run).slice(taken)) this.#reject(event, tooMany(wait));
    }
  }

  #inTurn(message: WireMessage, bytes: number): void {
    const count = message[0] === "events" ? runLength(message) : 1;
    if (this.#turns.take(message, bytes, count)) return;
    this.#reject(message, new OverflowError("Too much waits for a decision. Send less at once."));
  }

  /** Answers a message of which nothing was done. */
  #reject(message: WireMessage, error: EventwireError): void {
    if (message[0] === "pull") this.#answering?.giveUp(message[1], error);
    else if (message[0] === "append") this.#appending?.passOver(message[1], message[2], waitOf(error));
    else if (message[0] === "produce")
      // Denied means that it is somebody else's.
      this.#replies.fail(message[1], new TooOftenError(error.message, waitOf(error)));
    else this.#replies.reject(message, error);
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
