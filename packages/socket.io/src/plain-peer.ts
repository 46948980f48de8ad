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
/** The Socket.IO event that tells how long credentials still hold, in milliseconds. */
const expiringEvent = "eventwire:expiring";
/** How many messages may wait for the hub to let the client in. */
const maxHeld = 1_000;
/** How many messages may be unanswered where a client does not read its answers. */
const maxUnanswered = 50_000;
/** About what an answer without data takes, in bytes. */
export const answerBytes = 128;
/** Where too much waited for the hub to say how far it has come, it is asked again after so many milliseconds. */
const patience = 100;

/** Something that was said and is not answered. */
interface Said {
  readonly name: string;
  readonly acknowledge: Acknowledge | undefined;
}

/**
 * Speaks the protocol on behalf of a plain client of Socket.IO, so that what the client says is judged, bounded and counted
 * as what anybody says.
 */
export class PlainPeer {
  readonly link: LinkEnd;
  readonly #connection: PlainConnection;
  /** What waits for the welcome. */
  #held: { readonly said: Said; readonly number: number; readonly text: string }[] | undefined = [];
  #heldBytes = 0;
  /** The largest frame that the hub takes. */
  #maxFrameBytes: number;
  /** By its number, what the hub answers. */
  readonly #asked = new Map<number, Said>();
  /** By its number, in order, what the hub does not answer unless it refuses: how far it has come must be asked for. */
  readonly #told = new Map<number, Said>();
  /** The last of those of which that was asked. */
  #syncing: number | undefined;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  /** The number by which each target is listened to. */
  readonly #listening = new Map<string, number>();
  /** And the target that each number listens to. */
  readonly #targets = new Map<number, { readonly name: string; readonly target: string }>();
  readonly #idPrefix = randomUUID().slice(0, 8);
  /** Of the ids of tasks, which a broker remembers. */
  readonly #taskPrefix = randomUUID();
  #numbers = 0;

  constructor(connection: PlainConnection) {
    this.#connection = connection;
    this.#maxFrameBytes = connection.facts.maxFrameBytes;
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
    this.#send(encodeMessage(["hello", { protocol: protocolVersion, link: "plain", contract }]));
  }

  say(saying: Saying, acknowledge: Acknowledge | undefined): void {
    const { type, name } = saying;
    const said: Said = { name, acknowledge };
    const number = this.#numbers++;
    switch (type) {
      case "on":
        // Listening again is asked for again, and counts once.
        this.#unlisten(name, saying.key);
        this.#listen(name, saying.key, number);
        this.#ask(
          said,
          number,
          saying.key === undefined ? ["listen", number, name] : ["listen", number, name, saying.key],
        );
        return;
      case "off":
        this.#unlisten(name, saying.key);
        this.#await(said, number);
        return;
      case "event":
        if (!this.#put(said, number, ["event", name, saying.data, `${this.#idPrefix}.${number}`])) return;
        // Of the others a refusal has the name.
        if (acknowledge) this.#await(said, number);
        return;
      case "request":
        // As long as the server lets it.
        this.#ask(said, number, ["request", number, name, Number.MAX_SAFE_INTEGER, saying.data]);
        return;
      case "enqueue": {
        const id = `~${this.#taskPrefix}.${number.toString(36)}`;
        this.#askOwn(said, number, "eventwire/enqueue", { name, id, data: saying.data });
        return;
      }
      case "result":
        this.#askOwn(said, number, "eventwire/result", { id: saying.data });
        return;
      case "auth":
        this.#ask(said, number, ["auth", number, saying.data]);
        return;
      case "refused":
        this.#refuse(said, number, saying.code, saying.why);
    }
  }

  #listen(name: string, key: Key | undefined, number: number): void {
    const target = targetOf(name, key);
    this.#listening.set(target, number);
    this.#targets.set(number, { name, target });
  }

  #unlisten(name: string, key: Key | undefined): void {
    const target = targetOf(name, key);
    const number = this.#listening.get(target);
    if (number === undefined) return;
    this.#listening.delete(target);
    this.#targets.delete(number);
    const said = { name, acknowledge: undefined };
    this.#put(said, number, ["unlisten", number]);
    if (!this.#asked.has(number)) return;
    // Of what waits for a decision the hub says nothing more.
    const message = `Listening to "${name}" was ended before it was allowed.`;
    const acknowledge = () => this.#answer(number, { code: "Aborted", message }, null);
    this.#await({ name, acknowledge }, this.#numbers++);
  }

  /** As long as the server lets it. */
  #askOwn(said: Said, number: number, name: string, input: unknown): void {
    this.#ask(said, number, ["request", number, name, Number.MAX_SAFE_INTEGER, input]);
  }

  #ask(said: Said, number: number, message: WireMessage): void {
    this.#asked.set(number, said);
    if (this.#put(said, number, message)) this.#bound();
    else this.#drop(number);
  }

  /** It is answered, and nothing more comes of it. */
  #drop(number: number): void {
    this.#asked.delete(number);
    this.#told.delete(number);
    this.#forget(number);
  }

  /** Answers what the hub does not, once it has come so far. */
  #await(said: Said, number: number): void {
    this.#told.set(number, said);
    this.#bound();
    this.#sync();
  }

  /** One question at a time covers all that was said before it. */
  #sync(): void {
    if (this.#syncing !== undefined || this.#syncTimer || this.#held || this.#told.size === 0) return;
    this.#syncing = this.#numbers++;
    this.#send(encodeMessage(["sync", this.#syncing]));
  }

  /** @returns whether it was passed on; where not it is answered. */
  #put(said: Said, number: number, message: WireMessage): boolean {
    let text: string;
    try {
      text = encodeMessage(message, said.name);
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      this.#refuse(said, number, "Invalid", error.issues.map((issue) => issue.message).join(", "));
      return false;
    }
    if (!this.#held) return this.#fits(said, text);
    if (this.#hold(said, number, text)) return true;
    const failure = {
      code: "Overflow",
      message: "Too much was said before the server has let this client in.",
    };
    this.#settle(said, failure);
    if (this.#connection.bufferedBytes >= highWater) this.#closeSlow();
    return false;
  }

  #hold(said: Said, number: number, text: string): boolean {
    const bytes = frameSize(text);
    const held = this.#held!;
    if (held.length >= maxHeld || this.#heldBytes + bytes > this.#connection.facts.maxFrameBytes)
      return false;
    this.#heldBytes += bytes;
    held.push({ said, number, text });
    return true;
  }

  /** Sends it in any case, so that the hub counts what it refuses. */
  #fits(said: Said, text: string): boolean {
    const bytes = frameSize(text) + 2;
    if (bytes > this.#maxFrameBytes) {
      const message = `A message of ${bytes} bytes is over the ${this.#maxFrameBytes} taken here.`;
      this.#settle(said, { code: "Overflow", message });
    }
    this.#send(text);
    return bytes <= this.#maxFrameBytes;
  }

  /** Answers what cannot be passed on; the hub gets something that it cannot read, so that it counts it. */
  #refuse(said: Said, number: number, code: "Invalid" | "Unsupported", why: string): void {
    const about = `"${said.name.slice(0, 128)}"`;
    this.#settle(
      said,
      code === "Invalid"
        ? { code, message: `${about} is invalid: ${why}.`, issues: [{ message: why, path: [] }] }
        : { code, message: `${about} ${why}.` },
    );
    if (this.#held) this.#hold(said, number, "null");
    else this.#send("null");
  }

  #send(text: string): void {
    this.link.receive(encodeFrame([text]));
  }

  #hear(message: WireMessage): void {
    switch (message[0]) {
      case "welcome":
        this.#welcomed(message[1].maxFrameBytes);
        return;
      case "event":
        this.#connection.emit(message[1], message[2], { id: message[3], time: message[4] });
        return;
      case "gap": {
        const [, name, key, reason, missed] = message;
        this.#connection.emit(gapEvent, name, { key, reason, missed });
        return;
      }
      case "request": {
        const failure = { code: "Unsupported", message: "A plain client of Socket.IO answers no requests." };
        this.#send(encodeMessage(["failed", message[1], failure]));
        return;
      }
      case "expiring":
        this.#connection.emit(expiringEvent, message[1]);
        return;
      case "listening":
      case "authorized":
        this.#answer(message[1], null, null);
        return;
      case "answer":
        this.#answer(message[1], null, message[2]);
        return;
      case "failed":
        if (message[1] === this.#syncing) this.#syncLater();
        else this.#failed(message[1], message[2]);
        return;
      case "refused":
        this.#refused(message[1], message[2], message[3]);
        return;
      case "synced":
        this.#synced();
        return;
      case "ping":
        this.#send(encodeMessage(message[1] === undefined ? ["pong"] : ["pong", message[1]]));
    }
  }

  #welcomed(maxFrameBytes: number): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#maxFrameBytes = maxFrameBytes;
    for (const { said, number, text } of held) if (!this.#fits(said, text)) this.#drop(number);
    this.#sync();
  }

  #synced(): void {
    for (const [number, said] of this.#told) {
      if (number > this.#syncing!) break;
      this.#told.delete(number);
      this.#settle(said, null);
    }
    this.#syncing = undefined;
    this.#sync();
  }

  #syncLater(): void {
    this.#syncing = undefined;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      this.#sync();
    }, patience).unref();
  }

  /** Of an event, or of what was answered already because it could not be passed on. */
  #refused(id: string | null, name: string | null, failure: Failure): void {
    if (id === null || name === null) return;
    const number = Number(id.slice(this.#idPrefix.length + 1));
    const said = this.#told.get(number) ?? { name, acknowledge: undefined };
    this.#told.delete(number);
    this.#settle(said, failure);
  }

  #failed(number: number, failure: Failure): void {
    const name = this.#forget(number);
    if (this.#asked.has(number)) this.#answer(number, failure, null);
    // What was listened to is no longer.
    else if (name !== undefined) this.#settle({ name, acknowledge: undefined }, failure);
  }

  #answer(number: number, failure: Failure | null, result: unknown): void {
    const said = this.#asked.get(number);
    if (!said) return;
    this.#asked.delete(number);
    this.#settle(said, failure, result);
  }

  /** @returns the name that was listened to by this number, if any. */
  #forget(number: number): string | undefined {
    const listened = this.#targets.get(number);
    if (!listened) return undefined;
    this.#targets.delete(number);
    this.#listening.delete(listened.target);
    return listened.name;
  }

  #settle({ name, acknowledge }: Said, failure: Failure | null, result: unknown = null): void {
    if (!acknowledge && !failure) return;
    this.#connection.sending(answerBytes);
    if (acknowledge) acknowledge(failure, result);
    else this.#connection.emit(refusedEvent, name, failure);
  }

  #bound(): void {
    if (this.#asked.size + this.#told.size > maxUnanswered) this.#closeSlow();
  }

  #closeSlow(): void {
    const message = "This client says more than it reads answers to.";
    this.link.close({ code: "Slow", message, retryable: true });
  }

  #ended(reason: CloseReason, here: boolean): void {
    const welcomed = this.#held === undefined;
    const open = [...this.#asked.values(), ...this.#told.values()];
    this.#asked.clear();
    this.#told.clear();
    clearTimeout(this.#syncTimer);
    // Of a lost connection nobody would hear it.
    if (here) {
      // Whatever the reason, one of the codes that a request may fail with.
      const failure = { code: reason.code === "Denied" ? "Denied" : "Disconnected", message: reason.message };
      for (const said of open) this.#settle(said, failure);
    }
    this.#connection.ended(reason, welcomed, here);
  }
}

function targetOf(name: string, key: Key | undefined): string {
  return JSON.stringify([name, key]);
}
