import {
  type CloseReason,
  DeniedError,
  type EventwireError,
  InternalError,
  InvalidError,
  type Key,
  type Link,
  OverflowError,
  UnsupportedError,
} from "@eventwire/core";
import {
  type BusCore,
  type Definition,
  type EventDefinition,
  isUnchecked,
  type RequestDefinition,
  validate,
  withDeadline,
} from "@eventwire/core/attach";
import { Channel } from "./channel.js";
import { type Counters, Counting } from "./counters.js";
import { toFailure } from "./failure.js";
import type { Gate } from "./gate.js";
import type { Limits } from "./limits.js";
import {
  type Event,
  encodeMessage,
  type Hello,
  type Listen,
  protocolVersion,
  type Request,
  type WireMessage,
} from "./messages.js";
import type { ConnectedPeer } from "./peer.js";

/** What a session needs of the hub that it belongs to. */
export interface SessionHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly counting: Counting;
  readonly fingerprint: string;
  readonly gates: { readonly listen: Gate; readonly emit: Gate; readonly request: Gate };
  /** @throws {DeniedError} when this link may not be served. */
  authenticate(link: Link): Promise<unknown>;
  welcomed(session: Session): void;
  ended(session: Session): void;
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
  readonly #requests = new Map<number, AbortController>();
  readonly #cancelHelloTimer: () => void;
  #state: "new" | "authenticating" | "welcomed" | "ended" = "new";
  user: unknown;
  since = 0;

  constructor(host: SessionHost, link: Link) {
    const { core, limits } = host;
    this.id = core.runtime.randomId();
    this.#host = host;
    const frameBytes = Math.min(limits.frameBytes, link.facts.maxFrameBytes);
    const channelLimits = { frameBytes, bufferedBytes: limits.bufferedBytes };
    this.#channel = new Channel(link, core.runtime, [this.#counting, host.counting], channelLimits, {
      message: (message) => this.#receive(message),
      malformed: (error) => this.#refuse(null, null, error),
      closed: () => this.#end(),
      failed: (error) => core.report(error),
    });
    this.#cancelHelloTimer = core.runtime.timer(() => {
      this.#close("NoHello", "No hello came in time.", true);
    }, limits.helloTimeout);
  }

  get facts() {
    return this.#channel.link.facts;
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
  sendEvent(encoded: string): void {
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
        this.#request(message);
        return;
      case "cancel":
        this.#requests.get(message[1])?.abort();
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
      void this.#welcome(message);
    } else {
      this.#refuse(null, null, unexpected(message[0]));
    }
  }

  async #welcome([, { protocol, link }]: Hello): Promise<void> {
    if (protocol !== protocolVersion) {
      const message = `This server speaks protocol ${protocolVersion}, the client ${protocol}. Update the older one.`;
      this.#close("Protocol", message, false);
      return;
    }
    try {
      this.user = await this.#host.authenticate(this.#channel.link);
    } catch (error) {
      const denied = error instanceof DeniedError;
      if (!denied) this.#host.core.report(error);
      this.#count("Denied");
      this.#close("Denied", denied ? error.message : "Authentication failed.", false);
      return;
    }
    if (this.#state !== "authenticating") return;
    const { core, fingerprint, limits } = this.#host;
    this.#state = "welcomed";
    this.#cancelHelloTimer();
    this.since = core.runtime.now();
    const maxFrameBytes = Math.min(limits.frameBytes, this.facts.maxFrameBytes);
    this.#channel.send([
      "welcome",
      { protocol: protocolVersion, link, contract: fingerprint, peer: this.id, maxFrameBytes },
    ]);
    this.#host.welcomed(this);
  }

  #event([, name, data, id]: Event): void {
    const { core, gates, counting } = this.#host;
    this.#counting.eventsIn += 1;
    counting.eventsIn += 1;
    try {
      const { from, delivery, schema } = this.#eventDefinition(name);
      if (from === "server") throw denied(name, "emitted by clients");
      if (delivery === "durable")
        throw unsupported(name, "is durable; durable events do not cross a link yet");
      checkSchema(name, schema);
      if (!gates.emit.mentions(name)) throw denied(name, "emitted by this user");
      const value = validate(schema, name, data);
      if (!gates.emit.allows({ peer: this, name, data: value })) throw denied(name, "emitted by this user");
      core.deliver(core.topics.get(name)!, value, { id, time: core.runtime.now(), peer: this });
    } catch (error) {
      this.#refuse(id, name, error);
    }
  }

  #listen([, ref, name, key]: Listen): void {
    const { gates, limits } = this.#host;
    try {
      if (this.#targets.has(ref))
        throw new InvalidError(name, [{ message: "this number is in use", path: [] }]);
      const definition = this.#eventDefinition(name);
      if (definition.from === "client") throw denied(name, "listened to by clients");
      if (definition.delivery === "durable") {
        throw unsupported(name, "is durable; durable events do not cross a link yet");
      }
      checkSchema(name, definition.schema);
      if (key !== undefined && !definition.key)
        throw new InvalidError(name, [{ message: "it has no key", path: [] }]);
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

  #request([, ref, name, timeout, input]: Request): void {
    const { core, limits } = this.#host;
    const controller = new AbortController();
    try {
      const definition = this.#checkRequest(ref, name);
      const value = validate(definition.input, name, input);
      if (!this.#host.gates.request.allows({ peer: this, name, input: value })) {
        throw denied(name, "asked by this user");
      }
      this.#requests.set(ref, controller);
      const options = { timeout: Math.min(timeout, limits.requestTimeout), signal: controller.signal };
      withDeadline(core.runtime, name, options, (signal) =>
        core.handlers.answer(name, definition, value, this, signal),
      ).then(
        (output) => this.#answer(ref, name, definition, output),
        (error: unknown) => this.#answerFailure(ref, error),
      );
    } catch (error) {
      this.#fail(ref, error);
    }
  }

  #checkRequest(ref: number, name: string): RequestDefinition {
    const { gates, limits } = this.#host;
    if (this.#requests.has(ref))
      throw new InvalidError(name, [{ message: "this number is in use", path: [] }]);
    const definition = this.#definition(name) as RequestDefinition;
    if (definition.kind !== "request") throw unsupported(name, `is no request but a ${definition.kind}`);
    if (definition.from === "server") throw denied(name, "asked by clients");
    checkSchema(name, definition.input);
    checkSchema(name, definition.output);
    if (!gates.request.mentions(name)) throw denied(name, "asked by this user");
    if (this.#requests.size >= limits.requests) {
      throw new OverflowError(`A peer may have ${limits.requests} requests in flight.`, { name });
    }
    return definition;
  }

  #answer(ref: number, name: string, definition: RequestDefinition, output: unknown): void {
    if (!this.#requests.delete(ref)) return;
    try {
      // What the schema does not know stays here.
      const value = validate(definition.output, name, output);
      this.#channel.sendEncoded(encodeMessage(["answer", ref, value], name));
    } catch (error) {
      this.#host.core.report(error);
      this.#fail(
        ref,
        error instanceof OverflowError ? error : new Error("The answer is not one that may be sent."),
      );
    }
  }

  #answerFailure(ref: number, error: unknown): void {
    if (!this.#requests.delete(ref)) return;
    if (error instanceof InternalError) this.#host.core.report(error);
    this.#fail(ref, error);
  }

  #eventDefinition(name: string): EventDefinition {
    const definition = this.#definition(name);
    if (definition.kind === "event") return definition as EventDefinition;
    throw unsupported(
      name,
      definition.kind === "task" ? "is a task; tasks do not cross a link yet" : "is no event",
    );
  }

  #definition(name: string): Definition {
    const { definitions } = this.#host.core.contract;
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (!definition) throw unsupported(name, "is not known here");
    return definition;
  }

  #refuse(id: string | null, name: string | null, error: unknown): void {
    const failure = toFailure(error);
    this.#count(failure.code);
    if (failure.code === "Internal") this.#host.core.report(error);
    this.#channel.send(["refused", id, name, failure]);
  }

  #fail(ref: number, error: unknown): void {
    const failure = toFailure(error);
    this.#count(failure.code);
    this.#channel.send(["failed", ref, failure]);
  }

  #count(code: string): void {
    this.#counting.refuse(code);
    this.#host.counting.refuse(code);
  }

  #close(code: string, message: string, retryable: boolean): void {
    const reason: CloseReason = { code, message, retryable };
    this.#channel.close(reason);
  }

  #end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#cancelHelloTimer();
    for (const { name, key } of this.#targets.values()) this.#host.leave(this, name, key);
    this.#targets.clear();
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const controller of requests) controller.abort();
    this.#host.ended(this);
  }
}

function checkSchema(name: string, schema: EventDefinition["schema"]): void {
  if (isUnchecked(schema)) throw unsupported(name, "has no schema, so it cannot cross a link");
}

function denied(name: string, what: string): EventwireError {
  return new DeniedError(`"${name}" may not be ${what}.`, { name });
}

function unsupported(name: string, why: string): EventwireError {
  return new UnsupportedError(`"${name}" ${why}.`, { name });
}

function unexpected(type: string): EventwireError {
  return new InvalidError("frame", [{ message: `a ${type} message is not expected here`, path: [] }]);
}
