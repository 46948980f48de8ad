import {
  type CloseReason,
  type Frame,
  InvalidError,
  type Link,
  OverflowError,
  type ParsedFrame,
  type Runtime,
} from "@eventwire/core";
import type { Counting } from "./counters.js";
import { Heartbeat } from "./heartbeat.js";
import { decodeFrame, encodeFrame, encodeMessage, maxMessages, type WireMessage } from "./messages.js";
import { frameSize, utf8Bytes } from "./utf8.js";

export interface ChannelReceiver {
  /** @param bytes its share of the frame that it came in. */
  message(message: WireMessage, bytes: number): void;
  /** A frame, or a message in one, that cannot be read. */
  malformed(error: InvalidError | OverflowError): void;
  closed(reason: CloseReason): void;
  /** An error that belongs to nobody at the other end. */
  failed(error: unknown): void;
}

export interface ChannelLimits {
  /** The largest frame that is taken, until {@link Channel.settle}. */
  readonly frameBytes: number;
  /** What may wait to be sent. */
  readonly bufferedBytes: number;
  /** Past that: a server ends the connection of a slow peer, a client refuses what is more. */
  readonly whenFull: "close" | "refuse";
}

/** The text of a message and its size, measured once however many peers get it. */
export interface EncodedMessage {
  readonly text: string;
  readonly bytes: number;
}

export function measured(text: string): EncodedMessage {
  return { text, bytes: utf8Bytes(text) };
}

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
  #frameBytes: number;
  #heartbeat: Heartbeat | undefined;
  #waiting: EncodedMessage[] = [];
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
    this.#frameBytes = limits.frameBytes;
  }

  open(): void {
    this.link.open({
      frame: (frame) => {
        this.#heartbeat?.heard();
        if (!this.#closed) this.#guard(() => this.#receive(frame));
      },
      drain: () => {
        // Who takes what was sent is there, though an answer may be stuck behind it.
        this.#heartbeat?.heard();
        this.#blocked = false;
        if (this.#waiting.length > 0) this.#schedule();
      },
      closed: (reason) => {
        this.#closed = true;
        this.#heartbeat?.stop();
        this.#waiting = [];
        this.#guard(() => this.#receiver.closed(reason));
      },
    });
  }

  /**
   * The two sides know each other: takes frames up to `frameBytes`, and where the link itself does not notice that the other
   * end is gone, watches for it.
   *
   * @param heartbeat how long the other side may be silent before it is asked for a sign of life, in milliseconds.
   */
  settle(frameBytes: number, heartbeat: number): void {
    this.#frameBytes = frameBytes;
    if (this.#closed || !this.link.facts.halfOpen || heartbeat === Infinity) return;
    this.#heartbeat = new Heartbeat(this.#runtime, heartbeat, {
      ask: () => this.send(["ping"]),
      silent: () => {
        const message = `The other side gave no sign of life for ${2 * heartbeat} ms.`;
        this.link.close({ code: "Lost", message, retryable: true });
      },
    });
  }

  /** Of the protocol's own, which is small and never refused for what waits. */
  send(message: WireMessage): void {
    this.#put(measured(encodeMessage(message)), false);
  }

  /** @throws {OverflowError} when the message alone is more than a frame may hold, or where that refuses, too much waits. */
  sendEncoded(message: EncodedMessage): void {
    this.#put(message, this.#limits.whenFull === "refuse");
  }

  #put(message: EncodedMessage, refusing: boolean): void {
    if (this.#closed) return;
    const { bytes } = message;
    const { bufferedBytes, whenFull } = this.#limits;
    const full = this.#waitingBytes + bytes + this.link.bufferedBytes > bufferedBytes;
    if (full && refusing) {
      throw new OverflowError(
        `A message was not sent: over ${bufferedBytes} bytes would wait for the connection.`,
      );
    }
    if (frameBytes(bytes, 1) > this.maxFrameBytes) {
      throw new OverflowError(
        `A message of ${bytes} bytes is over the ${this.maxFrameBytes} that the other side takes.`,
      );
    }
    this.#waiting.push(message);
    this.#waitingBytes += bytes;
    if (full && whenFull === "close") {
      this.#waiting = [];
      const message = `Over ${bufferedBytes} bytes waited for this peer: it reads too slowly, or was sent too much at once.`;
      this.close({ code: "Slow", message, retryable: true });
      return;
    }
    if (!this.#scheduled && !this.#blocked) this.#schedule();
  }

  /** Whether the link has not sent yet what it was given. */
  get busy(): boolean {
    return !this.#closed && (this.#blocked || this.link.bufferedBytes > 0);
  }

  /** Sends what waits and says why, then closes. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#guard(() => {
      this.#waiting.push(measured(encodeMessage(["goodbye", reason])));
      // Nothing waits for a drain any more.
      while (this.#waiting.length > 0) this.#sendFrame();
    });
    this.link.close(reason);
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#runtime.microtask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#guard(() => this.#flush());
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && !this.#blocked) this.#sendFrame();
  }

  /** Sends as much of what waits as one frame holds. */
  #sendFrame(): void {
    let count = 0;
    let messageBytes = 0;
    for (const { bytes } of this.#waiting) {
      if (
        count === maxMessages ||
        (count > 0 && frameBytes(messageBytes + bytes, count + 1) > this.maxFrameBytes)
      )
        break;
      messageBytes += bytes;
      count += 1;
    }
    const messages = this.#waiting.splice(0, count);
    this.#waitingBytes -= messageBytes;
    for (const counter of this.#counters) {
      counter.framesOut += 1;
      counter.bytesOut += frameBytes(messageBytes, count);
    }
    if (!this.link.send(encodeFrame(messages.map(({ text }) => text)))) this.#blocked = true;
  }

  #receive(frame: Frame | ParsedFrame): void {
    const bytes = frameSize(frame);
    for (const counter of this.#counters) {
      counter.framesIn += 1;
      counter.bytesIn += bytes;
    }
    let messages: readonly (WireMessage | InvalidError)[];
    try {
      if (bytes > this.#frameBytes) {
        throw new OverflowError(`A frame of ${bytes} bytes is over the ${this.#frameBytes} taken here.`);
      }
      messages = decodeFrame(frame);
    } catch (error) {
      if (!(error instanceof InvalidError || error instanceof OverflowError)) throw error;
      this.#receiver.malformed(error);
      return;
    }
    let refused = false;
    const share = bytes / messages.length;
    for (const message of messages) {
      if (this.#closed) return;
      if (!(message instanceof InvalidError)) {
        this.#guard(() => this.#receiver.message(message, share));
      } else if (!refused) {
        // Once a frame: an answer to each would be many times what was sent.
        refused = true;
        this.#receiver.malformed(message);
      }
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

/** The messages, the commas between them and the brackets. */
function frameBytes(messageBytes: number, count: number): number {
  return messageBytes + count + 1;
}
