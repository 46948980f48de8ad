import {
  type CloseReason,
  DeniedError,
  DisconnectedError,
  type EventwireError,
  type Key,
  type Link,
  type LinkFacts,
  OverflowError,
} from "@eventwire/core";
import type { Asking, BusCore } from "@eventwire/core/attach";
import { Answering } from "./answering.js";
import type { Batch } from "./batch.js";
import type { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { Channel } from "./channel.js";
import { type Counters, Counting } from "./counters.js";
import { Credentials, expiredCredentials, expiredReason, type Principal } from "./credentials.js";
import type { Deadlines } from "./deadlines.js";
import { Emitting } from "./emitting.js";
import type { Ends } from "./ends.js";
import { type Failure, toFailure } from "./failure.js";
import type { Flushes } from "./flushes.js";
import type { Gate } from "./gate.js";
import type { Inlets } from "./inlets.js";
import { helloBytes, type Limits, mostMessageBytes } from "./limits.js";
import { Listening } from "./listening.js";
import {
  type Auth,
  type Events,
  eventsOf,
  type Hello,
  protocolVersion,
  runLength,
  type WireMessage,
} from "./messages.js";
import type { OutgoingEvent } from "./outgoing.js";
import type { ConnectedPeer } from "./peer.js";
import { Questions } from "./questions.js";
import type { Rates } from "./rates.js";
import { invalid } from "./refusal.js";
import type { RequestInlets } from "./request-inlets.js";
import { sendFitting } from "./send-fitting.js";
import type { Running, RunningStreams, StreamRights } from "./stream-rights.js";
import type { Subject } from "./subject.js";
import { Traffic } from "./traffic.js";
import type { TraitsEntry } from "./traits.js";
import { Turns } from "./turns.js";

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
  readonly gates: { readonly listen: Gate; readonly emit: Gate; readonly request: Gate };
  readonly inlets: Inlets;
  readonly requests: RequestInlets;
  readonly deadlines: Deadlines;
  readonly rates: Rates;
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
export class Session implements ConnectedPeer<unknown> {
  readonly id: string;
  readonly #host: SessionHost;
  readonly #channel: Channel;
  readonly #counting = new Counting();
  readonly #traffic: Traffic;
  readonly #turns: Turns<WireMessage>;
  readonly #credentials: Credentials;
  readonly #listening: Listening;
  readonly #emitting: Emitting;
  readonly #answering: Answering;
  readonly #questions: Questions;
  readonly #cancelHelloTimer: () => void;
  #state: "new" | "authenticating" | "welcomed" | "ended" = "new";
  #wasTooEarly = false;
  facts: LinkFacts;
  user: unknown;
  since = 0;

  constructor(host: SessionHost, link: Link) {
    const { core, limits } = host;
    this.id = core.runtime.randomId();
    this.#host = host;
    this.facts = link.facts;
    const frameBytes = Math.min(helloBytes, this.#frameBytes);
    const channelLimits = { frameBytes, bufferedBytes: limits.bufferedBytes, whenFull: "drop" } as const;
    this.#channel = new Channel(
      link,
      core.runtime,
      [this.#counting, host.counting],
      channelLimits,
      {
        message: (message, bytes) => this.#receive(message, bytes),
        malformed: (error) => this.#refuse(null, null, error),
        closed: (reason) => this.#end(reason),
        failed: (error) => core.report(error),
      },
      { start: host.batches.text, flushes: host.flushes },
    );
    this.#answering = new Answering(host, this, {
      send: (message, name) => this.#channel.sendData(message, name),
      withdraw: (ref) => this.#channel.withdraw(["answer", ref]),
      fail: (ref, error) => this.#fail(ref, error),
    });
    this.#traffic = new Traffic(core.runtime, limits);
    this.#turns = new Turns(limits.heldMessages, limits.heldBytes, (message) => this.#take(message));
    this.#credentials = new Credentials(host, {
      expiring: (milliseconds) => this.#channel.send(["expiring", Math.ceil(milliseconds)]),
      expired: () => this.#cutOff(),
      close: (reason) => this.#channel.close(reason),
    });
    this.#listening = new Listening(host, this, {
      granted: (ref) => this.#channel.send(["listening", ref]),
      failed: (ref, error) => this.#fail(ref, error),
      join: (name, key) => host.join(this, name, key),
      leave: (name, key) => host.leave(this, name, key),
    });
    this.#emitting = new Emitting(host, this, {
      refused: (id, name, failure) => this.#tellRefusal(id, name, failure),
      failed: (id, name, error) => this.#refuse(id, name, error),
    });
    let lastRef = 0;
    this.#questions = new Questions(core, host.deadlines, () => ++lastRef, limits.requests);
    this.#cancelHelloTimer = core.runtime.timer(() => {
      const message =
        this.#state === "new" ? "No hello came in time." : "Authentication took longer than a hello may.";
      this.#close("NoHello", message, true);
    }, limits.helloTimeout);
  }

  get #frameBytes(): number {
    return Math.min(this.#host.limits.frameBytes, this.facts.maxFrameBytes);
  }

  open(): void {
    this.#channel.open();
  }

  /** Whether something waits to be sent to it. */
  get sending(): boolean {
    return this.#channel.busy;
  }

  /** Whether it waits for answers. */
  get busy(): boolean {
    return this.#answering.busy;
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
    this.#close(code, reason, retryable);
  }

  /** Asks the peer. Its input has passed its schema. */
  ask(name: string, input: unknown, asking: Asking): Promise<unknown> {
    return this.#questions.ask(name, input, asking, []);
  }

  /** @throws {OverflowError} when the event is more than the peer's link takes. */
  sendEvent(event: OutgoingEvent): void {
    this.#channel.sendEvent(event);
    this.#counting.eventsOut += 1;
    this.#host.counting.eventsOut += 1;
  }

  /** Asks the rules again about what it listens to, and what is streamed to it. @returns how much was ended. */
  async reauthorize(): Promise<number> {
    const [listenings, streams] = await Promise.all([this.#listening.askAgain(), this.#answering.askAgain()]);
    return listenings + streams;
  }

  #receive(message: WireMessage, bytes: number): void {
    if (this.#state !== "welcomed") {
      this.#introduce(message);
      return;
    }
    // What was asked for is not too much, and neither is to ask for more of what was taken.
    switch (message[0]) {
      case "answer":
      case "failed":
      case "streaming":
      case "item":
        this.#questions.receive(message);
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

  /** Nothing more of what went on is for this peer. */
  #cutOff(): void {
    this.#listening.cutOff(expiredCredentials);
    this.#answering.cutOff(expiredCredentials);
  }

  #inTurn(message: WireMessage, bytes: number): void {
    const count = message[0] === "events" ? runLength(message) : 1;
    if (this.#turns.take(message, bytes, count)) return;
    this.#reject(message, new OverflowError("Too much waits for a decision. Send less at once."));
  }

  /** @returns a promise where what comes after has to wait. */
  #take(message: WireMessage): Promise<void> | undefined {
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
          this.#countEvents(1);
          return this.#emitting.event(message);
        case "events":
          this.#countEvents(runLength(message));
          return this.#emitting.events(message);
        case "listen":
          this.#listening.listen(message);
          return undefined;
        case "unlisten":
          this.#listening.unlisten(message[1]);
          return undefined;
        case "request":
          return this.#answering.request(message);
        case "pull":
          this.#answering.pull(message[1], message[2]);
          return undefined;
        case "cancel":
          this.#answering.cancel(message[1]);
          return undefined;
        case "sync":
          this.#channel.send(["synced", message[1]]);
          return undefined;
        default:
          this.#refuse(null, null, unexpected(message[0]));
      }
    } catch (error) {
      this.#host.core.report(error);
    }
    return undefined;
  }

  #countEvents(count: number): void {
    this.#counting.eventsIn += count;
    this.#host.counting.eventsIn += count;
  }

  /** Answers a message of which nothing was done. */
  #reject(message: WireMessage, error: EventwireError): void {
    switch (message[0]) {
      case "event":
        this.#refuse(message[3], message[1], error);
        return;
      case "events":
        for (const event of eventsOf(message)) this.#reject(event, error);
        return;
      case "listen":
      case "request":
      case "sync":
      case "auth":
        this.#fail(message[1], error);
        return;
      case "pull":
        this.#answering.giveUp(message[1], error);
        return;
      case "unlisten":
      case "cancel":
      case "ping":
        // Nothing answers these, and without them more would be kept than the peer knows of.
        this.#close(error.code, error.message, true);
        return;
      default:
        this.#refuse(null, null, error);
    }
  }

  #introduce(message: WireMessage): void {
    if (message[0] === "goodbye") {
      this.#channel.link.close(message[1]);
    } else if (message[0] === "hello" && this.#state === "new") {
      this.#state = "authenticating";
      this.#welcome(message).catch((error: unknown) => {
        this.#host.core.report(error);
        this.#close("Internal", "The hello could not be answered.", true);
      });
    } else if (this.#wasTooEarly) {
      // Told once: who is not known yet gets no answer to each message.
      this.#count("Invalid");
    } else {
      this.#wasTooEarly = true;
      this.#refuse(null, null, unexpected(message[0]));
    }
  }

  async #welcome([
    ,
    { protocol, link, contract, auth, codecs = [], maxMessageBytes: theirs },
  ]: Hello): Promise<void> {
    this.#channel.hailed = link;
    if (protocol !== protocolVersion) {
      const message = `This server speaks protocol ${protocolVersion}, the client ${protocol}. Update the older one.`;
      this.#close("Protocol", message, false);
      return;
    }
    // What the transport's own opening brought may have been looked at before, and so is not for the hello to replace.
    if (this.facts.auth === undefined && auth !== undefined) this.facts = { ...this.facts, auth };
    try {
      this.user = await this.#host.authenticate(this.facts);
    } catch (error) {
      if (error instanceof DeniedError) {
        this.#count("Denied");
        this.#close("Denied", error.message, false);
      } else {
        this.#host.core.report(error);
        this.#count("Unavailable");
        this.#close("Unavailable", "Authentication is out of order.", true);
      }
      return;
    }
    if (this.#state !== "authenticating") return;
    if (!this.#credentials.accept(this.user as Principal)) {
      this.#channel.close(expiredReason);
      return;
    }
    const { core, fingerprint, limits, traits } = this.#host;
    this.#state = "welcomed";
    this.#channel.hailed = undefined;
    this.#cancelHelloTimer();
    this.since = core.runtime.now();
    const maxFrameBytes = this.#frameBytes;
    const codec = this.#host.binary && codecs.includes("messagepack") ? "messagepack" : undefined;
    if (codec) this.#channel.reader = new BinaryReader();
    const ours = Math.min(limits.messageBytes, mostMessageBytes);
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
      },
    ]);
    this.#channel.settle(maxFrameBytes, limits.heartbeat);
    if (theirs !== undefined) {
      this.#channel.speakParts(theirs, ours, {
        announced: () => {
          const wait = this.#traffic.message();
          return wait > 0 ? tooMany(wait) : undefined;
        },
        message: (message, bytes) => this.#receive(message, bytes),
        refused: (subject, error) => this.#refuseParts(subject, error),
        foreign: (error) => this.#refuse(null, null, error),
      });
    }
    this.#questions.connect(this.#channel);
    if (contract !== fingerprint) for (const part of traits) this.#channel.send(["contract", part]);
    this.#host.welcomed(this);
  }

  /** Somebody stays who they are, and may do other things than before. */
  async #refresh([, ref, auth]: Auth): Promise<void> {
    const facts = { ...this.facts, auth };
    let user: Principal;
    try {
      user = await this.#credentials.check(facts);
    } catch (error) {
      if (!(error instanceof DeniedError || error instanceof OverflowError)) this.#host.core.report(error);
      if (this.#state === "welcomed") this.#fail(ref, error);
      return;
    }
    if (this.#state !== "welcomed") return;
    if (user.id !== (this.user as Principal).id) {
      this.#count("Denied");
      this.#close("Denied", "These credentials are somebody else's. Connect anew with them.", false);
    } else if (!this.#credentials.accept(user)) {
      this.#fail(ref, expiredCredentials("auth"));
    } else {
      this.user = user;
      this.facts = facts;
      this.#channel.send(["authorized", ref]);
      await this.reauthorize();
    }
  }

  #refuseParts(subject: Subject, error: EventwireError): void {
    if (subject[0] === "event") this.#refuse(subject[1], subject[2], error);
    else if (subject[0] === "request") this.#fail(subject[1], error);
    else {
      this.#count(error.code);
      this.#questions.refuse(subject[1], error);
    }
  }

  #refuse(id: string | null, name: string | null, error: unknown): void {
    const failure = toFailure(error);
    if (this.#tellRefusal(id, name, failure) && failure.code === "Internal") this.#host.core.report(error);
  }

  /** @returns whether it was told. */
  #tellRefusal(id: string | null, name: string | null, failure: Failure): boolean {
    if (!this.#mayRefuse(failure.code)) return false;
    this.#answer((shown) => ["refused", id, name, shown], failure);
    return true;
  }

  #fail(ref: number, error: unknown): void {
    const failure = toFailure(error);
    if (!this.#mayRefuse(failure.code)) return;
    this.#answer((shown) => ["failed", ref, shown], failure);
  }

  #answer(message: (failure: Failure) => WireMessage, failure: Failure): void {
    try {
      sendFitting(failure, (shown) => this.#channel.send(message(shown)));
    } catch (error) {
      if (!(error instanceof OverflowError)) throw error;
      this.#close("Overflow", "The frames of this link are too small for an answer.", false);
    }
  }

  /** Counts a refusal. @returns whether it may be told: who brings about too many is disconnected. */
  #mayRefuse(code: string): boolean {
    this.#count(code);
    if (this.#state === "ended") return false;
    if (this.#traffic.refusal(code)) return true;
    const message = "Too many messages of this peer had to be refused.";
    this.#close("Flood", message, true);
    return false;
  }

  #count(code: string): void {
    this.#counting.refuse(code);
    this.#host.counting.refuse(code);
  }

  #close(code: string, message: string, retryable: boolean): void {
    const reason: CloseReason = { code, message, retryable };
    this.#channel.close(reason);
  }

  #end(reason: CloseReason): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#cancelHelloTimer();
    this.#turns.end();
    this.#credentials.end();
    this.#listening.end();
    this.#emitting.end();
    this.#answering.end();
    this.#questions.end(
      (name) =>
        new DisconnectedError(`The peer left before it answered "${name}": ${reason.message}`, { name }),
    );
    this.#host.ended(this, reason);
  }
}

/** What a peer may send whose credentials have expired. */
const harmless: ReadonlySet<string> = new Set(["unlisten", "cancel", "sync", "ping"]);

function nameOf(message: WireMessage): string {
  if (message[0] === "event" || message[0] === "events") return message[1];
  return message[0] === "listen" || message[0] === "request" ? message[2] : message[0];
}

function tooMany(wait: number): OverflowError {
  return new OverflowError(`Too many messages. Try again in ${Math.ceil(wait)} ms.`);
}

function unexpected(type: string): EventwireError {
  return invalid("frame", `a ${type} message is not expected here`);
}
