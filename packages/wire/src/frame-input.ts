import { type Frame, InvalidError, OverflowError, type Runtime } from "@eventwire/core";
import { Assembly, type AssemblyReceiver, type Reading } from "./assembly.js";
import type { BinaryReader } from "./binary-reader.js";
import type { Counting } from "./counters.js";
import { decodeFrame } from "./frames.js";
import { isInParts, type WireMessage } from "./messages.js";
import { frameSize } from "./utf8.js";

export interface FrameReceiver {
  /** @param bytes its share of the frame that it came in. */
  message(message: WireMessage, bytes: number): void;
  /** A frame, or a message in one, that cannot be read. */
  malformed(error: InvalidError | OverflowError): void;
  /** An error that belongs to nobody at the other end. */
  failed(error: unknown): void;
}

export interface FramePacing {
  /** The other side has taken what was sent, so far. @returns whether it is to say so: not until both know each other. */
  taken(bytes: number | undefined): boolean;
}

/** The way into a channel: its frames, bounded and read, message by message, and those that come in parts put together. */
export class FrameInput implements Reading {
  readonly #runtime: Runtime;
  readonly #counting: Counting;
  readonly #receiver: FrameReceiver;
  readonly #pacing: FramePacing;
  /** The largest frame that is taken. */
  frameBytes: number;
  /** Reads MessagePack, where that was agreed. */
  reader: BinaryReader | undefined;
  /** What comes in parts, where both sides speak them. */
  #assembly: Assembly | undefined;
  #ended = false;

  constructor(
    runtime: Runtime,
    counting: Counting,
    frameBytes: number,
    receiver: FrameReceiver,
    pacing: FramePacing,
  ) {
    this.#runtime = runtime;
    this.#counting = counting;
    this.frameBytes = frameBytes;
    this.#receiver = receiver;
    this.#pacing = pacing;
  }

  /** @param bytes the largest message that is taken in parts. */
  speakParts(bytes: number, receiver: AssemblyReceiver): void {
    this.#assembly = new Assembly(this.#runtime, bytes, this, receiver);
  }

  receive(frame: Frame): void {
    const bytes = frameSize(frame);
    this.#counting.frameCame(bytes);
    let messages: readonly (WireMessage | InvalidError)[];
    try {
      if (bytes > this.frameBytes) {
        throw new OverflowError(`A frame of ${bytes} bytes is over the ${this.frameBytes} taken here.`);
      }
      messages = decodeFrame(frame, this.reader);
    } catch (error) {
      if (!(error instanceof InvalidError || error instanceof OverflowError)) throw error;
      this.#receiver.malformed(error);
      return;
    }
    let refused = false;
    const share = bytes / messages.length;
    for (const message of messages) {
      if (this.#ended) return;
      if (!(message instanceof InvalidError)) {
        this.#take(message, share);
      } else if (!refused) {
        // Once a frame: an answer to each would be many times what was sent.
        refused = true;
        this.#receiver.malformed(message);
      }
    }
  }

  /** Nothing more is taken, and what came in parts is forgotten. */
  end(): void {
    this.#ended = true;
    this.#assembly?.end();
  }

  /** What one message brings about keeps back none that come after it. */
  #take(message: WireMessage, share: number): void {
    try {
      if (message[0] === "pong" && this.#pacing.taken(message[1])) return;
      if (this.#assembly && isInParts(message)) this.#assembly.take(message);
      else this.#receiver.message(message, share);
    } catch (error) {
      this.#receiver.failed(error);
    }
  }
}
