import { type CloseReason, type EventwireError, type Offset, OverflowError } from "@eventwire/core";
import type { BusCore } from "@eventwire/core/attach";
import type { Channel } from "./channel.js";
import type { Counting } from "./counters.js";
import { type Failure, toFailure } from "./failure.js";
import { eventsOf, type Producing, type WireMessage } from "./messages.js";
import { sendFitting } from "./send-fitting.js";
import type { Traffic } from "./traffic.js";

/** What one peer is told of what it sent: what is granted, and what is refused, as long as that is not too much. */
export class Replies {
  readonly #core: BusCore;
  readonly #channel: Channel;
  readonly #counting: Counting;
  readonly #traffic: Traffic;
  #ended = false;

  constructor(core: BusCore, channel: Channel, counting: Counting, traffic: Traffic) {
    this.#core = core;
    this.#channel = channel;
    this.#counting = counting;
    this.#traffic = traffic;
  }

  granted(ref: number): void {
    this.#channel.send(["listening", ref]);
  }

  /** Answers what has a number. */
  fail(ref: number, error: unknown): void {
    const failure = toFailure(error);
    if (!this.#mayRefuse(failure.code)) return;
    this.#answer((shown) => ["failed", ref, shown], failure);
  }

  /** Answers what has none. */
  refuse(id: string | null, name: string | null, error: unknown): void {
    const failure = toFailure(error);
    if (this.tellRefusal(id, name, failure) && failure.code === "Internal") this.#core.report(error);
  }

  /** @returns whether it was told. */
  tellRefusal(id: string | null, name: string | null, failure: Failure): boolean {
    if (!this.#mayRefuse(failure.code)) return false;
    this.#answer((shown) => ["refused", id, name, shown], failure);
    return true;
  }

  producing(told: Producing): void {
    this.#channel.send(told);
  }

  appended(
    ref: number,
    sequence: number,
    { position, duplicate }: { readonly position?: Offset | undefined; readonly duplicate: boolean },
  ): void {
    this.#channel.send(["appended", ref, sequence, position ?? null, duplicate]);
  }

  rejected(ref: number, sequence: number, error: unknown): void {
    const failure = toFailure(error);
    if (failure.code === "Internal") this.#core.report(error);
    this.tellRejection(ref, sequence, failure);
  }

  tellRejection(ref: number, sequence: number, failure: Failure): void {
    if (!this.#mayRefuse(failure.code)) return;
    this.#answer((shown) => ["rejected", ref, sequence, shown], failure);
  }

  again(ref: number, sequence: number, wait: number): void {
    if (this.#mayRefuse("Overflow")) this.#channel.send(["again", ref, sequence, Math.ceil(wait)]);
  }

  /** Tells where the log is. */
  async position(ref: number): Promise<void> {
    try {
      const offset = await this.#core.keeper.position();
      if (!this.#ended) this.#channel.send(["position", ref, offset]);
    } catch (error) {
      // Who asks a server that closes asks again over its next link.
      if (!this.#ended && !this.#core.closed) this.fail(ref, error);
    }
  }

  /** Answers a message of which nothing was done, whatever answers it. */
  reject(message: WireMessage, error: EventwireError): void {
    switch (message[0]) {
      case "event":
        this.refuse(message[3], message[1], error);
        return;
      case "events":
        for (const event of eventsOf(message)) this.reject(event, error);
        return;
      case "listen":
      case "follow":
      case "join":
      case "position":
      case "produce":
      case "request":
      case "sync":
      case "auth":
        this.fail(message[1], error);
        return;
      case "unlisten":
      case "produced":
      case "cancel":
      case "ping":
        // Nothing answers these, and without them more would be kept than the peer knows of.
        this.close(error.code, error.message, true);
        return;
      default:
        this.refuse(null, null, error);
    }
  }

  /** Counts what is refused and not told. */
  count(code: string): void {
    this.#counting.refuse(code);
  }

  close(code: string, message: string, retryable: boolean): void {
    const reason: CloseReason = { code, message, retryable };
    this.#channel.close(reason);
  }

  /** The peer has left. */
  end(): void {
    this.#ended = true;
  }

  #answer(message: (failure: Failure) => WireMessage, failure: Failure): void {
    try {
      sendFitting(failure, (shown) => this.#channel.send(message(shown)));
    } catch (error) {
      if (!(error instanceof OverflowError)) throw error;
      this.close("Overflow", "The frames of this link are too small for an answer.", false);
    }
  }

  /** Counts a refusal. @returns whether it may be told: who brings about too many is disconnected. */
  #mayRefuse(code: string): boolean {
    this.count(code);
    if (this.#ended) return false;
    if (this.#traffic.refusal(code)) return true;
    this.close("Flood", "Too many messages of this peer had to be refused.", true);
    return false;
  }
}
