import { randomUUID } from "node:crypto";
import { type CloseReason, InvalidError, type Key, type LinkFacts } from "@eventwire/core";
import {
  encodeFrame,
  encodeMessage,
  type Failure,
  frameSize,
  highWater,
  LinkEnd,
  protocolVersion,
  type WireMessage,
} from "@eventwire/wire";
import type { Saying } from "./plain-saying.js";

/** Answers a plain client that asked for it: with an error or with a result, and null for the other. */
export type Acknowledge = (error: Failure | null, result: unknown) => void;

/** The connection of a plain client. */
export interface PlainConnection {
  readonly facts: LinkFacts;
  /** The fingerprint of the contract. */
  readonly contract: string;
  /** What waits to be sent, in bytes. */
  readonly bufferedBytes: number;
  /** Reads what the hub sends. Data is plain JSON. */
  readonly read: (frame: string | Uint8Array) => readonly WireMessage[];
  /** Told how much will be emitted next, in bytes. */
  readonly sending: (bytes: number) => void;
  readonly emit: (event: string, ...values: readonly unknown[]) => void;
  /**
   * @param welcomed whether the hub had let the client in.
   * @param here whether it was ended on purpose, and the connection is still there.
   */
  readonly ended: (reason: CloseReason, welcomed: boolean, here: boolean) => void;
}

/** The Socket.IO event that tells of a refusal where no acknowledgement was asked for. */
export const refusedEvent = "eventwire:refused";
/** The Socket.IO event that tells of events that were missed. */
const gapEvent = "eventwire:gap";
/** How many messages may wait for the hub to let the client in. */
const maxHeld = 1_000;
/** How many messages may be unanswered where a client does not read its answers. */
const maxUnheard = 50_000;
/** About what a refusal takes, in bytes. */
export const refusalBytes = 128;
const ping = encodeMessage(["ping"]);

/** Something that was said and is not answered. */
interface Said {
  readonly name: string;
  readonly acknowledge: Acknowledge | undefined;
  /** The number by which the hub answers. Without one it tells of refusals only. */
  readonly ref?: number;
  failure?: Failure;
}

/**
 * Speaks the protocol on behalf of a plain client of Socket.IO, so that what the client says is judged, bounded and counted
 * as what anybody says.
 */
export class PlainPeer {
  readonly link: LinkEnd;
  readonly #connection: PlainConnection;
  /** What waits for the welcome. */
  #held: { readonly said: Said; readonly text: string }[] | undefined = [];
  #heldBytes = 0;
  /** What the hub has not come past, in order: it says so of each by a pong. */
  readonly #unheard = new Set<Said>();
  readonly #unanswered = new Map<number, Said>();
  /** The number by which each target is listened to. */
  readonly #listening = new Map<string, number>();
  readonly #idPrefix = randomUUID().slice(0, 8);
  #numbers = 0;

  constructor(connection: PlainConnection) {
    this.#connection = connection;
    this.link = new LinkEnd({
      facts: connection.facts,
      get bufferedBytes() {
        return connection.bufferedBytes;
      },
      write: (frame) => {
        connection.sending(frameSize(frame));
        for (const message of connection.read(frame)) this.#hear(message);
      },
      ended: (reason, here) => this.#ended(reason, here),
    });
  }

  /** Introduces the client, once the hub has its link. */
  open(): void {
    const { contract } = this.#connection;
    this.#tell(encodeMessage(["hello", { protocol: protocolVersion, link: "plain", contract }]));
  }

  say(saying: Saying, acknowledge: Acknowledge | undefined): void {
    const { type, name } = saying;
    switch (type) {
      case "on":
        this.#listen(name, saying.key, acknowledge);
        return;
      case "off":
        this.#unlisten(name, saying.key, acknowledge);
        return;
      case "event":
        this.#put({ name, acknowledge }, [
          "event",
          name,
          saying.data,
          `${this.#idPrefix}.${this.#numbers++}`,
        ]);
        return;
      case "request": {
        const ref = this.#numbers++;
        // As long as the server lets it.
        this.#put({ name, acknowledge, ref }, ["request", ref, name, Number.MAX_SAFE_INTEGER, saying.data]);
        return;
      }
      case "refused":
        this.#putRefused({ name, acknowledge }, saying.code, saying.why);
    }
  }

  #listen(name: string, key: Key | undefined, acknowledge: Acknowledge | undefined): void {
    // Listening again is asked for again, and counts once.
    if (this.#listening.has(targetOf(name, key))) this.#unlisten(name, key, undefined);
    const ref = this.#numbers++;
    this.#listening.set(targetOf(name, key), ref);
    this.#put(
      { name, acknowledge, ref },
      key === undefined ? ["listen", ref, name] : ["listen", ref, name, key],
    );
  }

  #unlisten(name: string, key: Key | undefined, acknowledge: Acknowledge | undefined): void {
    const target = targetOf(name, key);
    const ref = this.#listening.get(target) ?? this.#numbers++;
    this.#listening.delete(target);
    this.#put({ name, acknowledge }, ["unlisten", ref]);
  }

  #put(said: Said, message: WireMessage): void {
    let text: string;
    try {
      text = encodeMessage(message, said.name);
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      this.#putRefused(said, "Invalid", error.issues.map((issue) => issue.message).join(", "));
      return;
    }
    if (said.ref !== undefined) this.#unanswered.set(said.ref, said);
    this.#putText(said, text);
  }

  /** Passed on as what cannot be read, so that the hub counts it. */
  #putRefused({ name, acknowledge }: Said, code: "Invalid" | "Unsupported", why: string): void {
    const about = `"${name.slice(0, 128)}"`;
    const failure: Failure =
      code === "Invalid"
        ? { code, message: `${about} is invalid: ${why}.`, issues: [{ message: why, path: [] }] }
        : { code, message: `${about} ${why}.` };
    this.#putText({ name, acknowledge, failure }, "null");
  }

  #putText(said: Said, text: string): void {
    const held = this.#held;
    if (!held) {
      this.#tellOf(said, text);
      return;
    }
    const bytes = frameSize(text);
    if (held.length >= maxHeld || this.#heldBytes + bytes > this.#connection.facts.maxFrameBytes) {
      this.#refuseEarly(said);
      return;
    }
    this.#heldBytes += bytes;
    held.push({ said, text });
  }

  #refuseEarly(said: Said): void {
    this.#connection.sending(refusalBytes);
    const message = "Too much was said before the server has let this client in.";
    this.#conclude(said, { code: "Overflow", message });
    if (this.#connection.bufferedBytes >= highWater) this.#closeSlow();
  }

  #tellOf(said: Said, text: string): void {
    this.#unheard.add(said);
    // Each in a frame of its own, so that the hub answers the ping though it cannot read the message.
    this.#tell(text);
    this.#tell(ping);
    if (this.#unheard.size > maxUnheard) this.#closeSlow();
  }

  #tell(text: string): void {
    this.link.receive(encodeFrame([text]));
  }

  #hear(message: WireMessage): void {
    switch (message[0]) {
      case "welcome":
        this.#welcomed();
        return;
      case "event":
        this.#connection.emit(message[1], message[2], { id: message[3], time: message[4] });
        return;
      case "gap": {
        const [, name, key, reason, missed] = message;
        this.#connection.emit(gapEvent, name, { key, reason, missed });
        return;
      }
      case "listening":
        this.#answer(message[1], null, null);
        return;
      case "answer":
        this.#answer(message[1], null, message[2]);
        return;
      case "failed":
        this.#answer(message[1], message[2], null);
        return;
      case "refused": {
        const [said] = this.#unheard;
        if (said) said.failure ??= message[3];
        return;
      }
      case "pong":
        this.#heard();
    }
  }

  #welcomed(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { said, text } of held) this.#tellOf(said, text);
  }

  /** The hub has come past the first of what it had not heard. */
  #heard(): void {
    const [said] = this.#unheard;
    if (!said) return;
    this.#unheard.delete(said);
    // Of what has a number the answer is still to come, unless not even that could be read.
    if (said.ref === undefined || said.failure) this.#conclude(said, said.failure ?? null);
  }

  #conclude(said: Said, failure: Failure | null): void {
    if (said.ref === undefined) this.#settle(said, failure);
    else this.#answer(said.ref, failure, null);
  }

  #answer(ref: number, failure: Failure | null, result: unknown): void {
    const said = this.#unanswered.get(ref);
    this.#unanswered.delete(ref);
    const name = failure ? this.#forget(ref) : undefined;
    if (said) this.#settle(said, failure, result);
    // What was listened to is no longer.
    else if (name !== undefined) this.#connection.emit(refusedEvent, name, failure);
  }

  /** @returns the name that was listened to by this number, if any. */
  #forget(ref: number): string | undefined {
    for (const [target, other] of this.#listening) {
      if (other !== ref) continue;
      this.#listening.delete(target);
      return (JSON.parse(target) as [name: string])[0];
    }
    return undefined;
  }

  #settle({ name, acknowledge }: Said, failure: Failure | null, result: unknown = null): void {
    if (acknowledge) acknowledge(failure, result);
    else if (failure) this.#connection.emit(refusedEvent, name, failure);
  }

  #closeSlow(): void {
    const message = "This client says more than it reads answers to.";
    this.link.close({ code: "Slow", message, retryable: true });
  }

  #ended(reason: CloseReason, here: boolean): void {
    const held = this.#held;
    const open = new Set([
      ...(held ?? []).map(({ said }) => said),
      ...this.#unheard,
      ...this.#unanswered.values(),
    ]);
    this.#held = [];
    this.#unheard.clear();
    this.#unanswered.clear();
    // Of a lost connection nobody would hear it.
    if (here) {
      const { message } = reason;
      // Whatever the reason, one of the codes that a request may fail with.
      const code = reason.code === "Denied" ? "Denied" : "Disconnected";
      for (const said of open) this.#settle(said, said.failure ?? { code, message });
    }
    this.#connection.ended(reason, held === undefined, here);
  }
}

function targetOf(name: string, key: Key | undefined): string {
  return JSON.stringify([name, key]);
}
