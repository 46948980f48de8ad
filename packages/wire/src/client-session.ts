import type { CloseReason, EventwireError, Link, Offset, Peer } from "@eventwire/core";
import type { BusCore } from "@eventwire/core/attach";
import { Answering } from "./answering.js";
import type { Arrivals } from "./arrivals.js";
import { Channel } from "./channel.js";
import type { ClientFollowing } from "./client-following.js";
import type { ClientGroups } from "./client-groups.js";
import type { ClientListening } from "./client-listening.js";
import type { ClientOutbox } from "./client-outbox.js";
import type { Counting } from "./counters.js";
import type { Deadlines } from "./deadlines.js";
import { fromFailure, toFailure } from "./failure.js";
import { fingerprint } from "./fingerprint.js";
import { Greeting } from "./greeting.js";
import { defaultLimits, type Limits, mostMessageBytes } from "./limits.js";
import type { Appends, Codec, Welcome, WireMessage } from "./messages.js";
import type { Questions } from "./questions.js";
import type { Refreshing } from "./refreshing.js";
import type { RequestInlets } from "./request-inlets.js";
import { sendFitting } from "./send-fitting.js";
import type { Subject } from "./subject.js";

/** What a link needs of the client that it belongs to. */
export interface ClientSessionHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly counting: Counting;
  readonly auth: unknown;
  readonly codec: Codec | "json" | undefined;
  readonly server: Peer;
  readonly arrivals: Arrivals;
  readonly listening: ClientListening;
  /** Where something is followed. */
  readonly following: ClientFollowing | undefined;
  readonly outbox: ClientOutbox;
  /** Where it is a member of groups. */
  readonly groups: ClientGroups | undefined;
  readonly questions: Questions;
  readonly requests: RequestInlets;
  readonly deadlines: Deadlines;
  readonly refreshing: Refreshing;
  /** Both sides know each other: from here on what is sent over the channel counts. */
  welcomed(session: ClientSession): void;
  ended(session: ClientSession, reason: CloseReason): void;
}

/** One link to the server, and what was agreed over it. */
export class ClientSession {
  readonly channel: Channel;
  readonly #host: ClientSessionHost;
  readonly #greeting: Greeting;
  readonly #answering: Answering;
  #welcomed = false;
  /** Where the server takes durable events. */
  appends: Appends | undefined;
  #goodbye: CloseReason | undefined;

  constructor(host: ClientSessionHost, link: Link) {
    const { core, limits, counting, auth, codec, server } = host;
    const { contract, report, runtime } = core;
    this.#host = host;
    const { bufferedBytes, messageBytes } = limits;
    const bounds = { frameBytes: Infinity, bufferedBytes, whenFull: "refuse" } as const;
    this.channel = new Channel(link, runtime, counting, bounds, {
      message: (message) => this.#receive(message),
      malformed: (error) => {
        counting.refuse(error.code);
        report(error);
      },
      closed: (reason) => this.#ended(reason),
      failed: report,
    });
    this.#greeting = new Greeting({
      runtime,
      channel: this.channel,
      contract: fingerprint(contract),
      auth,
      codecs: codec === "json" ? undefined : ["messagepack"],
      maxMessageBytes: Math.min(messageBytes, mostMessageBytes),
      report,
    });
    this.#answering = new Answering(host, server, {
      send: (message, name) => this.channel.sendData(message, name),
      withdraw: (ref) => this.channel.withdraw(["answer", ref]),
      fail: (ref, error) => this.#fail(ref, error),
    });
  }

  /** Whether both sides know each other. */
  get welcomed(): boolean {
    return this.#welcomed;
  }

  /** Says hello. */
  open(): void {
    this.channel.open();
    void this.#greeting.say();
  }

  close(reason: CloseReason): void {
    this.#greeting.end();
    this.channel.close(reason);
  }

  #receive(message: WireMessage): void {
    if (message[0] === "goodbye") {
      // Until the welcome it may be of an earlier link, and then says nothing of this client.
      const own = this.#welcomed || this.#greeting.isAnsweredBy(message);
      this.#goodbye = own ? message[1] : { ...message[1], retryable: true };
      this.channel.link.close(this.#goodbye);
      return;
    }
    if (!this.#welcomed) {
      if (message[0] === "welcome" && this.#greeting.isAnsweredBy(message)) this.#welcome(message[1]);
      return;
    }
    const { arrivals, core, counting, following, groups, listening, outbox, questions, refreshing } =
      this.#host;
    switch (message[0]) {
      case "event":
        arrivals.event(message);
        return;
      case "events":
        arrivals.run(message);
        return;
      case "listening":
        listening.granted(message[1]);
        return;
      case "following":
        following?.follows(message[1], message[2]);
        return;
      case "stored":
        if (following?.stored(message)) counting.eventsCame(1);
        return;
      case "reached":
        following?.reached(message[1], message[2]);
        return;
      case "missing":
        following?.missing(message);
        groups?.missing(message[1], message[2]);
        return;
      case "joined":
        groups?.joined(message[1]);
        return;
      case "given":
        if (groups?.given(message)) counting.eventsCame(1);
        return;
      case "position":
        if (message[2] !== undefined) following?.positioned(message[1], message[2] as Offset);
        return;
      case "producing":
      case "appended":
      case "rejected":
      case "again":
        outbox.receive(message);
        return;
      case "ping":
        this.channel.answer(message);
        return;
      case "gap": {
        const [, name, key, reason, missed] = message;
        core.gap(name, key ?? undefined, reason, missed ?? undefined);
        return;
      }
      case "contract":
        listening.learn(this.channel, message[1], [following, groups]);
        return;
      case "request":
        this.#answering.request(message);
        return;
      case "pull":
        this.#answering.pull(message[1], message[2]);
        return;
      case "cancel":
        this.#answering.cancel(message[1]);
        return;
      case "answer":
      case "streaming":
      case "item":
        questions.receive(message);
        return;
      case "failed": {
        const [, ref, failure] = message;
        if (questions.receive(message) || refreshing.answered(ref, fromFailure(failure, "auth"))) return;
        if (outbox.failed(ref, failure)) return;
        const error = (name: string) => fromFailure(failure, name);
        if (following?.refused(ref, error) || groups?.refused(ref, error)) return;
        listening.refused(ref, error);
        return;
      }
      case "refused": {
        const [, id, name, failure] = message;
        core.report(fromFailure(failure, name ?? id ?? "message"));
        return;
      }
      case "expiring":
        refreshing.refresh(this.channel).catch(core.report);
        return;
      case "authorized":
        refreshing.answered(message[1]);
        listening.askAgain(this.channel);
        following?.askAgain();
        groups?.askAgain();
        return;
      default:
        counting.refuse("Invalid");
    }
  }

  #welcome({ maxFrameBytes, codec, maxMessageBytes, outboxes = 0, user }: Welcome[1]): void {
    const { channel } = this;
    this.#greeting.end();
    this.#welcomed = true;
    channel.maxFrameBytes = Math.min(channel.link.facts.maxFrameBytes, maxFrameBytes);
    channel.settle(Infinity, defaultLimits.heartbeat);
    if (maxMessageBytes !== undefined) this.#speakParts(maxMessageBytes);
    if (outboxes > 0) this.appends = { user };
    if (codec && this.#host.codec !== "json") void this.#pack();
    this.#host.welcomed(this);
  }

  /** The server speaks MessagePack: what that takes is loaded, and the server told. Until then both speak JSON. */
  async #pack(): Promise<void> {
    try {
      const { Binary, BinaryReader } = await import("./binary-codec.js");
      this.channel.reader = new BinaryReader();
      this.channel.pack(new Binary());
      this.channel.send(["reads", "messagepack"]);
    } catch (error) {
      this.#host.core.report(error);
    }
  }

  #speakParts(theirs: number): void {
    const { core, counting, limits, questions } = this.#host;
    const refused = (subject: Subject, error: EventwireError) => {
      counting.refuse(error.code);
      // Nothing that a server sends.
      if (subject[0] === "append") return;
      const [type, about] = subject;
      if (type === "request") this.#fail(about, error);
      else if (type === "stored") this.#host.following?.lost(about, error);
      else if (type === "given") this.#host.groups?.untaken(about, subject[2], error);
      else if (type !== "event") questions.refuse(about, error);
      else {
        core.gap(subject[2], undefined, "overflow", 1);
        core.report(error);
      }
    };
    this.channel.speakParts(theirs, Math.min(limits.messageBytes, mostMessageBytes), {
      announced: () => undefined,
      message: (message) => this.#receive(message),
      refused,
      foreign: ({ code }) => counting.refuse(code),
    });
  }

  #fail(ref: number, error: unknown): void {
    sendFitting(toFailure(error), (shown) => this.channel.send(["failed", ref, shown]));
  }

  #ended(reason: CloseReason): void {
    this.#greeting.end();
    this.#answering.end();
    this.#host.ended(this, this.#goodbye ?? reason);
  }
}
