import {
  type CloseReason,
  DeniedError,
  type EventwireError,
  type Key,
  type Link,
  type LinkFacts,
  OverflowError,
} from "@eventwire/core";
import { type BusCore, validate } from "@eventwire/core/attach";
import { Answering } from "./answering.js";
import { Channel, type EncodedMessage, measured } from "./channel.js";
import { clientCauses } from "./client-causes.js";
import { type Counters, Counting } from "./counters.js";
import { type Failure, toFailure } from "./failure.js";
import type { Gate } from "./gate.js";
import { helloBytes, type Limits } from "./limits.js";
import {
  type Event,
  type Hello,
  isBoundedKey,
  type Listen,
  maxKeyBytes,
  protocolVersion,
  type WireMessage,
} from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import { closing, denied, eventDefinitionOf, invalid } from "./refusal.js";

/** What a session needs of the hub that it belongs to. */
export interface SessionHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly counting: Counting;
  readonly fingerprint: string;
  readonly gates: { readonly listen: Gate; readonly emit: Gate; readonly request: Gate };
  /** @throws {DeniedError} when this link may not be served. */
  authenticate(facts: LinkFacts): Promise<unknown>;
  welcomed(session: Session): void;
  ended(session: Session, reason: CloseReason): void;
  join(session: Session, name: string, key: Key | undefined): void;
  leave(session: Session, name: string, key: Key | undefined): void;
}

interface Target {
  readonly name: string;
  readonly key: Key | undefined;
}

/** The server's half of the protocol, for one link. Nothing that its peer sends reaches beyond it unchecked. */
export class Session implements ConnectedPeer<unknown> {
  readonly id: string;
  readonly #host: SessionHost;
  readonly #channel: Channel;
  readonly #counting = new Counting();
  readonly #targets = new Map<number, Target>();
  readonly #answering: Answering;
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
    const channelLimits = { frameBytes, bufferedBytes: limits.bufferedBytes, whenFull: "close" } as const;
    this.#channel = new Channel(link, core.runtime, [this.#counting, host.counting], channelLimits, {
      message: (message) => this.#receive(message),
      malformed: (error) => this.#refuse(null, null, error),
      closed: (reason) => this.#end(reason),
      failed: (error) => core.report(error),
    });
    this.#answering = new Answering(host, this, {
      send: (encoded) => this.#channel.sendEncoded(measured(encoded)),
      fail: (ref, error) => this.#fail(ref, error),
    });
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

  /** @throws {OverflowError} when the event is more than the peer's link takes. */
  sendEvent(encoded: EncodedMessage): void {
    this.#channel.sendEncoded(encoded);
    this.#counting.eventsOut += 1;
    this.#host.counting.eventsOut += 1;
  }

  #receive(message: WireMessage): void {
    if (this.#state !== "welcomed") {
      this.#introduce(message);
      return;
    }
    switch (message[0]) {
      case "event":
        this.#event(message);
        return;
      case "listen":
        this.#listen(message);
        return;
      case "unlisten":
        this.#unlisten(message[1]);
        return;
      case "request":
        this.#answering.request(message);
        return;
      case "cancel":
        this.#answering.cancel(message[1]);
        return;
      case "ping":
        this.#channel.send(["pong"]);
        return;
      case "pong":
        return;
      case "goodbye":
        this.#channel.link.close(message[1]);
        return;
      default:
        this.#refuse(null, null, unexpected(message[0]));
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

  async #welcome([, { protocol, link, auth }]: Hello): Promise<void> {
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
    const { core, fingerprint, limits } = this.#host;
    this.#state = "welcomed";
    this.#cancelHelloTimer();
    this.since = core.runtime.now();
    const maxFrameBytes = this.#frameBytes;
    this.#channel.send([
      "welcome",
      { protocol: protocolVersion, link, contract: fingerprint, peer: this.id, maxFrameBytes },
    ]);
    this.#channel.settle(maxFrameBytes, limits.heartbeat);
    this.#host.welcomed(this);
  }

  #event([, name, data, id, said]: Event): void {
    const { core, gates, counting } = this.#host;
    this.#counting.eventsIn += 1;
    counting.eventsIn += 1;
    try {
      const { from, schema } = eventDefinitionOf(core.contract, name);
      if (from === "server") throw denied(name, "emitted by clients");
      if (!gates.emit.mentions(name)) throw denied(name, "emitted by this user");
      const value = validate(schema, name, data);
      if (!gates.emit.allows({ peer: this, name, data: value })) throw denied(name, "emitted by this user");
      if (core.closed) throw closing(name);
      const topic = core.topics.get(name)!;
      const key = topic.key(value);
      if (key !== undefined && !isBoundedKey(key))
        throw invalid(name, `its key is over ${maxKeyBytes} bytes`);
      const cause = typeof said === "object" ? clientCauses(core.contract, said) : undefined;
      core.deliver(topic, value, { id, time: core.runtime.now(), peer: this, cause });
    } catch (error) {
      this.#refuse(id, name, error);
    }
  }

  #listen([, ref, name, key]: Listen): void {
    const { core, gates, limits } = this.#host;
    try {
      if (this.#targets.has(ref)) throw invalid(name, "this number is in use");
      const definition = eventDefinitionOf(core.contract, name);
      if (definition.from === "client") throw denied(name, "listened to by clients");
      if (key !== undefined && !definition.key) throw invalid(name, "it has no key");
      if (!gates.listen.allows({ peer: this, name, key })) throw denied(name, "listened to by this user");
      if (this.#targets.size >= limits.listeners) {
        throw new OverflowError(`A peer may listen to ${limits.listeners} names and keys at once.`, { name });
      }
      this.#targets.set(ref, { name, key });
      this.#host.join(this, name, key);
      this.#channel.send(["listening", ref]);
    } catch (error) {
      this.#fail(ref, error);
    }
  }

  #unlisten(ref: number): void {
    const target = this.#targets.get(ref);
    if (!target) return;
    this.#targets.delete(ref);
    const { name, key } = target;
    // A second listen of the same target still holds it.
    for (const other of this.#targets.values()) if (other.name === name && other.key === key) return;
    this.#host.leave(this, name, key);
  }

  #refuse(id: string | null, name: string | null, error: unknown): void {
    const failure = toFailure(error);
    this.#count(failure.code);
    if (failure.code === "Internal") this.#host.core.report(error);
    this.#answer((shown) => ["refused", id, name, shown], failure);
  }

  #fail(ref: number, error: unknown): void {
    const failure = toFailure(error);
    this.#count(failure.code);
    this.#answer((shown) => ["failed", ref, shown], failure);
  }

  #answer(message: (failure: Failure) => WireMessage, failure: Failure): void {
    const short: Failure = { code: failure.code, message: "The reason does not fit into a frame." };
    for (const shown of [failure, short]) {
      try {
        this.#channel.send(message(shown));
        return;
      } catch (error) {
        if (!(error instanceof OverflowError)) throw error;
      }
    }
    this.#close("Overflow", "The frames of this link are too small for an answer.", false);
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
    for (const { name, key } of this.#targets.values()) this.#host.leave(this, name, key);
    this.#targets.clear();
    this.#answering.end();
    this.#host.ended(this, reason);
  }
}

function unexpected(type: string): EventwireError {
  return invalid("frame", `a ${type} message is not expected here`);
}
