import {
  type EventwireError,
  InvalidError,
  OverflowError,
  type Runtime,
  TimeoutError,
} from "@eventwire/core";
import type { BinaryReader } from "./binary-reader.js";
import { decodeMessage } from "./frames.js";
import type { InParts, WireMessage } from "./messages.js";
import { leastPartBytes } from "./parts.js";
import { PartsBuffer } from "./parts-buffer.js";
import type { Subject } from "./subject.js";
import { utf8Bytes } from "./utf8.js";

/** How long the next part of a message may take, in milliseconds. */
const patience = 30_000;

export interface AssemblyReceiver {
  /** Parts of a message are to come. @returns why it is not taken, where it is not. */
  announced(subject: Subject): EventwireError | undefined;
  message(message: WireMessage, bytes: number): void;
  /** A message that was announced is not taken, or not any more: its further parts are passed over. */
  refused(subject: Subject, error: EventwireError): void;
  /** A part that is of no message. */
  foreign(error: InvalidError): void;
}

/** Reads what comes as bytes, where they may. */
export interface Reading {
  readonly reader: BinaryReader | undefined;
}

interface Assembling {
  readonly subject: Subject;
  readonly buffer: PartsBuffer;
  /** How many bytes, and how many parts, may still come. */
  left: number;
  partsLeft: number;
  refused: boolean;
}

/**
 * The message of one peer that comes in parts. There is one at a time; it costs what has come of it, up to a bound, and what does
 * not come to its end in time is refused.
 */
export class Assembly {
  readonly #runtime: Runtime;
  readonly #maxBytes: number;
  readonly #reading: Reading;
  readonly #receiver: AssemblyReceiver;
  #assembling: Assembling | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(runtime: Runtime, maxBytes: number, reading: Reading, receiver: AssemblyReceiver) {
    this.#runtime = runtime;
    this.#maxBytes = maxBytes;
    this.#reading = reading;
    this.#receiver = receiver;
  }

  take(message: InParts): void {
    switch (message[0]) {
      case "parts": {
        const [, bytes, ...subject] = message;
        this.#begin(bytes, subject);
        return;
      }
      case "part":
        this.#part(message[1]);
        return;
      case "abort":
        this.end();
    }
  }

  /** Forgets what has come. */
  end(): void {
    this.#cancelTimer?.();
    this.#assembling = undefined;
  }

  #begin(bytes: number, subject: Subject): void {
    if (this.#assembling)
      this.#refuse(
        this.#assembling,
        invalid(this.#assembling.subject, "another message begins before its last part"),
      );
    this.end();
    const assembling: Assembling = {
      subject,
      buffer: new PartsBuffer(bytes),
      left: bytes,
      partsLeft: 1 + Math.ceil(bytes / leastPartBytes),
      refused: false,
    };
    this.#assembling = assembling;
    const error =
      bytes > this.#maxBytes
        ? new OverflowError(`A message of ${bytes} bytes is over the ${this.#maxBytes} taken here.`)
        : this.#receiver.announced(subject);
    if (error) this.#refuse(assembling, error);
    else this.#watch(assembling);
  }

  #part(data: Uint8Array | string): void {
    const assembling = this.#assembling;
    if (!assembling) {
      this.#receiver.foreign(new InvalidError("frame", [{ message: "a part is of no message", path: [] }]));
      return;
    }
    const { subject, buffer } = assembling;
    const bytes = typeof data === "string" ? utf8Bytes(data) : data.length;
    assembling.left -= bytes;
    assembling.partsLeft -= 1;
    const error =
      assembling.left < 0
        ? "its parts are larger together than was announced"
        : assembling.partsLeft < 0 || bytes === 0
          ? "its parts are too many, or too small"
          : assembling.refused || buffer.add(data)
            ? undefined
            : "its parts are partly text and partly bytes";
    if (error !== undefined) this.#refuse(assembling, invalid(subject, error));
    if (assembling.left < 0 || assembling.partsLeft < 0) this.end();
    else if (assembling.left === 0) this.#complete(assembling);
    else if (!assembling.refused) this.#watch(assembling);
  }

  #complete({ subject, buffer, refused }: Assembling): void {
    this.end();
    if (refused) return;
    let message: WireMessage;
    try {
      message = decodeMessage(buffer.whole(), this.#reading.reader);
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      this.#receiver.refused(subject, error);
      return;
    }
    this.#receiver.message(message, buffer.bytes);
  }

  /** Once a message. What has come of it is let go. */
  #refuse(assembling: Assembling, error: EventwireError): void {
    if (assembling.refused) return;
    assembling.refused = true;
    assembling.buffer.clear();
    this.#cancelTimer?.();
    this.#receiver.refused(assembling.subject, error);
  }

  #watch(assembling: Assembling): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#runtime.timer(
      () => this.#refuse(assembling, tooLate(assembling.subject)),
      patience,
    );
  }
}

function nameOf(subject: Subject): string {
  return subject[0] === "event" ? subject[2] : subject[0];
}

function tooLate(subject: Subject): TimeoutError {
  const name = nameOf(subject);
  return new TimeoutError(
    name,
    patience,
    `"${name}" came in parts, and the next one not within ${patience} ms.`,
  );
}

function invalid(subject: Subject, message: string): InvalidError {
  return new InvalidError(nameOf(subject), [{ message, path: [] }]);
}
