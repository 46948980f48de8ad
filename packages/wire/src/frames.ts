import { type Frame, InvalidError } from "@eventwire/core";
import { decodeJson, encodeJson } from "@eventwire/core/attach";
import type { BinaryReader } from "./binary-reader.js";
import { carriesData, isMessage } from "./message-shapes.js";
import { maxMessages, type WireMessage } from "./messages.js";

/** The text of one message; a frame is these, joined. */
export function encodeMessage(message: WireMessage, name: string = message[0]): string {
  return encodeJson(message, name, messageLevels);
}

/** Data nests to the same depth however it crosses: what is around it does not count. */
export const messageLevels = 1;
const frameLevels = 2;

export function encodeFrame(messages: readonly string[]): string {
  return `[${messages.join(",")}]`;
}

/**
 * Reads a frame. What is no message gives an error in its place, so that the others still count.
 *
 * @param reader of frames of bytes, where they may come.
 * @throws {InvalidError} when it is not a frame at all.
 */
export function decodeFrame(frame: Frame, reader?: BinaryReader): readonly (WireMessage | InvalidError)[] {
  if (frame instanceof Uint8Array) {
    if (!reader) throw malformed("a frame must be text");
    return binaryMessages(frame, reader);
  }
  const values = attempt(() => decodeJson(frame, frameLevels));
  if (!Array.isArray(values)) throw malformed("a frame must be an array of messages");
  if (values.length > maxMessages) throw malformed(`it holds more than ${maxMessages} messages`);
  const messages = values.map(messageOf());
  return reader ? messages.filter((message) => !learns(message, reader)) : messages;
}

/** Whether a message tells a shape, which counts from the next message on. */
function learns(message: WireMessage | InvalidError, reader: BinaryReader): boolean {
  if (message instanceof InvalidError || message[0] !== "shape") return false;
  attempt(() => reader.define(message[1], message[2]));
  return true;
}

/** A frame of bytes is one message after the other. */
function binaryMessages(frame: Uint8Array, reader: BinaryReader): readonly (WireMessage | InvalidError)[] {
  const messages: (WireMessage | InvalidError)[] = [];
  const checked = messageOf();
  reader.open(frame);
  try {
    while (!reader.ended) {
      if (messages.length === maxMessages) throw malformed(`it holds more than ${maxMessages} messages`);
      const part = attempt(() => reader.part());
      const message = part ? (["part", part] as const) : checked(attempt(() => reader.next(messageLevels)));
      if (!learns(message, reader)) messages.push(message);
    }
  } finally {
    reader.close();
  }
  return messages;
}

/**
 * Reads a message that came in parts.
 *
 * @param whole its JSON text, or its bytes, which may be given out.
 * @param reader of bytes, where they may come.
 * @throws {InvalidError} when it is none, or not one that is sent in parts.
 */
export function decodeMessage(whole: Uint8Array | string, reader?: BinaryReader): WireMessage {
  const value = attempt(() =>
    typeof whole === "string" ? decodeJson(whole, messageLevels) : reader?.whole(whole, messageLevels),
  );
  const message = messageOf()(value);
  if (message instanceof InvalidError) throw message;
  if (!carriesData(message[0])) throw malformed(`a message of type ${message[0]} may not come in parts`);
  return message;
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw malformed(error instanceof SyntaxError ? error.message : "it is not JSON");
  }
}

/** One error for all that are no messages: making each its own would let a few bytes cost much work. */
function messageOf(): (value: unknown) => WireMessage | InvalidError {
  let error: InvalidError | undefined;
  return (value) => {
    if (isMessage(value)) return value;
    error ??= malformed("a message has an unknown type or shape");
    return error;
  };
}

function malformed(message: string): InvalidError {
  return new InvalidError("frame", [{ message: message.slice(0, 200), path: [] }]);
}
