import { type CloseReason, InvalidError, type Link, OverflowError, type Runtime } from "@eventwire/core";
import { utf8Bytes } from "@eventwire/core/attach";
import type { Counting } from "./counters.js";
import { decodeFrame, encodeFrame, encodeMessage, maxMessages, type WireMessage } from "./messages.js";

export interface ChannelReceiver {
  message(message: WireMessage): void;
  /** A frame, or a message in one, that cannot be read. */
  malformed(error: InvalidError | OverflowError): void;
  closed(reason: CloseReason): void;
  /** An error that belongs to nobody at the other end. */
  failed(error: unknown): void;
}

export interface ChannelLimits {
  readonly frameBytes: number;
  readonly bufferedBytes: number;
}

/** The brackets of a frame. */
const frameOverhead = 2;

/**
 * Messages over a link: one frame a turn while the link is idle, accumulation while it is not. Used alike by both sides.
 */
export class Channel {
  readonly link: Link;
  readonly #runtime: Runtime;
  readonly #receiver: ChannelReceiver;
  readonly #counters: readonly Counting[];
  readonly #limits: ChannelLimits;
  /** The largest frame that the other side takes. */
  maxFrameBytes: number;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #scheduled = false;
  #blocked = false;
  #closed = false;

  constructor(
    link: Link,
    runtime: Runtime,
    counters: readonly Counting[],
    limits: ChannelLimits,
    receiver: ChannelReceiver,
  ) {
    this.link = link;
    this.#runtime = runtime;
    this.#counters = counters;
    this.#limits = limits;
    this.#receiver = receiver;
    this.maxFrameBytes = link.facts.maxFrameBytes;
  }

  open(): void {
    this.link.open({
      frame: (frame) => this.#guard(() => this.#receive(frame)),
      drain: () => {
        this.#blocked = false;
        if (this.#waiting.length > 0) this.#schedule();
      },
      closed: (reason) => {
        this.#closed = true;
        this.#waiting = [];
        this.#guard(() => this.#receiver.closed(reason));
      },
    });
  }

  send(message: WireMessage): void {
    this.sendEncoded(encodeMessage(message));
  }

  /** @throws {OverflowError} when the message alone is more than a frame may hold. */
  sendEncoded(message: string): void {
    if (this.#closed) return;
    const bytes = utf8Bytes(message);
    if (bytes + frameOverhead > this.maxFrameBytes) {
      throw new OverflowError(
        `A message of ${bytes} bytes is over the ${this.maxFrameBytes} that the other side takes.`,
      );
    }
    this.#waiting.push(message);
    this.#waitingBytes += bytes;
    if (this.#waitingBytes + this.link.bufferedBytes > this.#limits.bufferedBytes) {
      this.close({
        code: "Slow",
        message: "The peer read more slowly than it was sent to.",
        retryable: true,
      });
      return;
    }
    if (!this.#scheduled && !this.#blocked) this.#schedule();
  }

  /** Says why, then closes. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#waiting.push(encodeMessage(["goodbye", reason]));
    this.#flush();
    this.#closed = true;
    this.link.close(reason);
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#runtime.microtask(() => {
      this.#scheduled = false;
      if (!this.#closed && !this.#blocked) this.#guard(() => this.#flush());
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    let first = 0;
    while (first < waiting.length) {
      let end = first;
      let bytes = frameOverhead;
      while (end < waiting.length && end - first < maxMessages) {
        const more = utf8Bytes(waiting[end]!) + 1;
        if (end > first && bytes + more > this.maxFrameBytes) break;
        bytes += more;
        end += 1;
      }
      this.#sendFrame(encodeFrame(waiting.slice(first, end)), bytes - 1);
      first = end;
    }
  }

  #sendFrame(frame: string, bytes: number): void {
    for (const counter of this.#counters) {
      counter.framesOut += 1;
      counter.bytesOut += bytes;
    }
    if (!this.link.send(frame)) this.#blocked = true;
  }

  #receive(frame: string | Uint8Array): void {
    const bytes = typeof frame === "string" ? utf8Bytes(frame) : frame.byteLength;
    for (const counter of this.#counters) {
      counter.framesIn += 1;
      counter.bytesIn += bytes;
    }
    let messages: readonly (WireMessage | InvalidError)[];
    try {
      if (bytes > this.#limits.frameBytes) {
        throw new OverflowError(
          `A frame of ${bytes} bytes is over the ${this.#limits.frameBytes} taken here.`,
        );
      }
      messages = decodeFrame(frame);
    } catch (error) {
      if (!(error instanceof InvalidError || error instanceof OverflowError)) throw error;
      this.#receiver.malformed(error);
      return;
    }
    for (const message of messages) {
      if (this.#closed) return;
      if (message instanceof InvalidError) this.#receiver.malformed(message);
      else this.#guard(() => this.#receiver.message(message));
    }
  }

  /** What fails here stays inside this connection. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#receiver.failed(error);
    }
  }
}
