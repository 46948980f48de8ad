import { type CloseReason, type Frame, type Gap, InvalidError, type Key } from "@eventwire/core";
import { type Cause, decodeJson, encodeJson, isKey, maxCauses } from "@eventwire/core/attach";
import type { BinaryReader } from "./binary-reader.js";
import { maxShapeKeys, type Shape } from "./binary-types.js";
import { type Failure, isFailure } from "./failure.js";
import { matchesAll } from "./shape.js";
import type { Subject } from "./subject.js";
import type { TraitsEntry } from "./traits.js";
import { utf8Bytes } from "./utf8.js";

/** The version of this protocol. Another major version is refused at hello. */
export const protocolVersion = 1;
/** The longest key that may be listened to, in bytes of UTF-8. */
export const maxKeyBytes = 256;
/** How many messages a frame may hold. */
export const maxMessages = 1_000;

/** What both sides begin with. */
interface GreetingFields {
  readonly protocol: number;
  /** Up to 64 characters of ASCII. Chosen at random for this link; the welcome repeats it, so that one meant for an earlier link is told apart. */
  readonly link: string;
  /** The fingerprint of the sender's contract. Up to 64 characters. */
  readonly contract: string;
}

/** The first message of a client. */
export interface HelloFields extends GreetingFields {
  /** What it can read besides JSON. */
  readonly codecs?: readonly string[] | undefined;
  /** The largest message that it takes in parts, in bytes. Without it, it takes none. */
  readonly maxMessageBytes?: number | undefined;
  /** Says who the client is, where its transport's own opening has no place for that. */
  readonly auth?: unknown;
}

/** The first message of a server. */
export interface WelcomeFields extends GreetingFields {
  /** The id that the server has given this peer. */
  readonly peer: string;
  /** The largest frame that the server takes, in bytes. */
  readonly maxFrameBytes: number;
  /** What may be sent to it besides JSON: of the hello's codecs, the one that it reads as well. */
  readonly codec?: Codec | undefined;
  /** The largest message that the server takes in parts, in bytes; told where the client takes some as well. */
  readonly maxMessageBytes?: number | undefined;
}

/** How data is written that is not JSON. */
export type Codec = "messagepack";

/** A number by which an answer finds its question; chosen by who asks. */
type Ref = number;

export type Hello = readonly [type: "hello", fields: HelloFields];
/** Asks for the events of a name, or of one key of it, until `unlisten`. Answered by `listening` or `failed`. */
export type Listen = readonly [type: "listen", ref: Ref, name: string, key?: Key];
export type Unlisten = readonly [type: "unlisten", ref: Ref];
/** What led to a client's message: newest first, up to 16. A server does not say, for it may be nothing for clients. */
type Causes = readonly Cause[];
/** Asks the handler of a request. `timeout` is in milliseconds. Answered by `answer` or `failed`. */
export type Request = readonly [
  type: "request",
  ref: Ref,
  name: string,
  timeout: number,
  input: unknown,
  cause?: Causes,
];
/** Asks to be told when all that was sent before has been decided. Answered by `synced`, or by `failed` where too much waits. */
export type Sync = readonly [type: "sync", ref: Ref];
/** Fresh credentials of the same user. Answered by `authorized` or `failed`. */
export type Auth = readonly [type: "auth", ref: Ref, auth: unknown];
/** Asks for so many further items of a streamed answer. */
export type Pull = readonly [type: "pull", ref: Ref, count: number];
/** Nobody waits for the answer any more. */
export type Cancel = readonly [type: "cancel", ref: Ref];
/**
 * An event, either way. A server says when it was emitted; a client, whose time is not believed, what led to it. A refused
 * one is answered by `refused`.
 */
export type Event = readonly [type: "event", name: string, data: unknown, id: string, more?: number | Causes];

/**
 * Events of one name that one bus emitted in a row. The id of each is the prefix, a dot and its number in base 36; the first
 * number is told as it is, each further one as how much it is more. `time` is `null` from a client.
 */
export type Events = readonly [
  type: "events",
  name: string,
  prefix: string,
  time: number | null,
  ...numbersAndData: readonly unknown[],
];
/** From now on the sender reads what the other side may send besides JSON. */
export type Reads = readonly [type: "reads", codec: Codec];
/** Names of the properties of objects, by which later messages tell objects apart; `first` is the number of the first. */
export type Shapes = readonly [type: "shapes", first: number, shapes: readonly Shape[]];

export type Welcome = readonly [type: "welcome", fields: WelcomeFields];
/** A part of what the server's contract has, told after the welcome to a client whose contract has another fingerprint. */
export type ContractPart = readonly [type: "contract", entries: readonly TraitsEntry[]];
export type Listening = readonly [type: "listening", ref: Ref];
/** The answer to a request; the end of a streamed one has no output. */
export type Answer = readonly [type: "answer", ref: Ref, output?: unknown];
/** A streamed answer has begun: its items follow, as they are pulled. */
export type Streaming = readonly [type: "streaming", ref: Ref];
export type Item = readonly [type: "item", ref: Ref, item: unknown];
/** The listen or request of this number failed. */
export type Failed = readonly [type: "failed", ref: Ref, failure: Failure];
/** An event of this id and name was refused; with neither, what could not be read as a message. */
export type Refused = readonly [type: "refused", id: string | null, name: string | null, failure: Failure];
/** Events of a name, or of one key of it, that this peer listens to were not sent and will not be; how many, where that is known. */
export type GapNotice = readonly [
  type: "gap",
  name: string,
  key: Key | null,
  reason: Gap["reason"],
  missed: number | null,
];
/** The credentials of this client end in so many milliseconds, unless it sends fresh ones. */
export type Expiring = readonly [type: "expiring", milliseconds: number];
/** The fresh credentials count from now on. */
export type Authorized = readonly [type: "authorized", ref: Ref];
/** What of the events before was not refused was taken. */
export type Synced = readonly [type: "synced", ref: Ref];
/** Asks the other side for a sign of life, either way, which is `pong` with the same number: how many bytes it was sent. */
export type Ping = readonly [type: "ping", sent?: number];
export type Pong = readonly [type: "pong", taken?: number];
/** Parts of a message follow, of so many bytes together, either way; which message it is, so that it can be refused. */
export type PartsFollow = readonly [type: "parts", bytes: number, ...subject: Subject];
/** The next part of the message that was announced, of its bytes or its JSON text. */
export type Part = readonly [type: "part", data: Uint8Array | string];
/** No further parts of it follow: nobody wants it any more. */
export type Abort = readonly [type: "abort"];
/** The last message, either way: why the sender closes. In answer to a hello, `link` repeats its nonce. */
export type Goodbye = readonly [type: "goodbye", reason: CloseReason, link?: string];

/** Of a message that is larger than a part, either way. */
export type InParts = PartsFollow | Part | Abort;
/** What answers a request, either way. */
export type Answers = Answer | Failed | Streaming | Item;
/** Of requests, either way. */
type Requesting = Request | Pull | Cancel | Answers;
export type FromClient =
  | Hello
  | Reads
  | Shapes
  | Listen
  | Unlisten
  | Requesting
  | Sync
  | Auth
  | Event
  | Events
  | InParts
  | Ping
  | Pong
  | Goodbye;
export type FromServer =
  | Welcome
  | ContractPart
  | Listening
  | Event
  | Events
  | Shapes
  | GapNotice
  | Requesting
  | Refused
  | Expiring
  | Authorized
  | Synced
  | InParts
  | Ping
  | Pong
  | Goodbye;
/** Every message that crosses a link. A frame is a JSON array of them. */
export type WireMessage = FromClient | FromServer;

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
  const messages = attempt(() => decodeJson(frame, frameLevels));
  if (!Array.isArray(messages)) throw malformed("a frame must be an array of messages");
  if (messages.length > maxMessages) throw malformed(`it holds more than ${maxMessages} messages`);
  return messages.map(messageOf());
}

/** A frame of bytes is one message after the other. Shapes count from the next message on. */
function binaryMessages(frame: Uint8Array, reader: BinaryReader): readonly (WireMessage | InvalidError)[] {
  const messages: (WireMessage | InvalidError)[] = [];
  const checked = messageOf();
  reader.open(frame);
  try {
    while (!reader.ended) {
      if (messages.length === maxMessages) throw malformed(`it holds more than ${maxMessages} messages`);
      const part = attempt(() => reader.part());
      const message = part ? (["part", part] as const) : checked(attempt(() => reader.next(messageLevels)));
      if (!(message instanceof InvalidError) && message[0] === "shapes") {
        attempt(() => reader.define(message[1], message[2]));
      } else messages.push(message);
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
  if (!inParts.has(message[0])) throw malformed(`a message of type ${message[0]} may not come in parts`);
  return message;
}

/** Whether it is of a message that comes in parts. */
export function isInParts(message: WireMessage): message is InParts {
  return message[0] === "part" || message[0] === "parts" || message[0] === "abort";
}

/** What carries data. */
const inParts: ReadonlySet<WireMessage[0]> = new Set(["event", "request", "answer", "item", "failed"]);

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw malformed(error instanceof SyntaxError ? error.message : "it is not JSON");
  }
}

/** How many events are in a run. */
export function runLength(run: Events): number {
  return (run.length - 4) / 2;
}

function runId(prefix: string, number: number): string {
  return `${prefix}.${number.toString(36)}`;
}

/** The events of a run, each as a message of its own. */
export function eventsOf(run: Events): readonly Event[] {
  const [, name, prefix, time] = run;
  const events: Event[] = [];
  let number = 0;
  for (let index = 4; index < run.length; index += 2) {
    number += run[index] as number;
    const id = runId(prefix, number);
    events.push(
      time === null ? ["event", name, run[index + 1], id] : ["event", name, run[index + 1], id, time],
    );
  }
  return events;
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

const gapReasons: { readonly [Reason in Gap["reason"]]: true } = {
  overflow: true,
  trimmed: true,
  epoch: true,
  disconnected: true,
  denied: true,
};

type Fields = readonly unknown[];

/** The shape of each message, at the index of each field; 0 is the type. */
const shapes: { readonly [Type in WireMessage[0]]: (fields: Fields) => boolean } = {
  hello: ([, fields]) =>
    isGreeting(fields) &&
    hasCodecs((fields as HelloFields).codecs) &&
    mayBeMaximum((fields as HelloFields).maxMessageBytes),
  listen: ([, ref, name, key]) => isRef(ref) && isName(name) && (key === undefined || isBoundedKey(key)),
  unlisten: ([, ref]) => isRef(ref),
  request: ([, ref, name, timeout, , cause]) =>
    isRef(ref) && isName(name) && isDuration(timeout) && (cause === undefined || isCauses(cause)),
  pull: ([, ref, count]) => isRef(ref) && isRef(count),
  cancel: ([, ref]) => isRef(ref),
  streaming: ([, ref]) => isRef(ref),
  item: ([, ref]) => isRef(ref),
  event: ([, name, , id, more]) =>
    isName(name) && isId(id) && (more === undefined || Number.isFinite(more) || isCauses(more)),
  welcome: ([, fields]) =>
    isGreeting(fields) &&
    matchesAll(fields, { peer: "string", maxFrameBytes: "number" }) &&
    isId(fields.peer) &&
    (fields.maxFrameBytes as number) > 0 &&
    mayBeMaximum((fields as Partial<WelcomeFields>).maxMessageBytes),
  contract: ([, entries]) => Array.isArray(entries) && entries.every(isTraitsEntry),
  listening: ([, ref]) => isRef(ref),
  answer: ([, ref]) => isRef(ref),
  failed: ([, ref, failure]) => isRef(ref) && isFailure(failure),
  refused: ([, id, name, failure]) =>
    (id === null || isId(id)) && (name === null || isName(name)) && isFailure(failure),
  gap: ([, name, key, reason, missed]) =>
    isName(name) &&
    (key === null || isBoundedKey(key)) &&
    typeof reason === "string" &&
    Object.hasOwn(gapReasons, reason) &&
    (missed === null || isRef(missed)),
  auth: ([, ref]) => isRef(ref),
  sync: ([, ref]) => isRef(ref),
  synced: ([, ref]) => isRef(ref),
  expiring: ([, milliseconds]) => isDuration(milliseconds),
  authorized: ([, ref]) => isRef(ref),
  events: (fields) => isRun(fields),
  reads: ([, codec]) => typeof codec === "string",
  shapes: ([, first, shapes]) => isRef(first) && Array.isArray(shapes) && shapes.every(isShape),
  parts: ([, bytes, type, id, name]) =>
    isRef(bytes) &&
    bytes !== 0 &&
    (type === "event" ? isId(id) && isName(name) : isAskedOrAnswered(type) && isRef(id)),
  part: ([, data]) => typeof data === "string" || data instanceof Uint8Array,
  abort: () => true,
  ping: ([, sent]) => sent === undefined || isRef(sent),
  pong: ([, taken]) => taken === undefined || isRef(taken),
  goodbye: ([, reason, link]) =>
    matchesAll(reason, { code: "string", message: "string", retryable: "boolean" }) &&
    (link === undefined || isId(link)),
};

function isMessage(value: unknown): value is WireMessage {
  if (!Array.isArray(value)) return false;
  const type: unknown = value[0];
  return typeof type === "string" && Object.hasOwn(shapes, type) && shapes[type as WireMessage[0]](value);
}

function isAskedOrAnswered(type: unknown): boolean {
  return typeof type === "string" && type !== "event" && (inParts as ReadonlySet<string>).has(type);
}

function mayBeMaximum(bytes: unknown): boolean {
  return bytes === undefined || (typeof bytes === "number" && bytes > 0);
}

function hasCodecs(codecs: unknown): boolean {
  return (
    codecs === undefined || (Array.isArray(codecs) && codecs.every((codec) => typeof codec === "string"))
  );
}

/** The numbers rise, so that each event has an id of its own; and the last one, which is the longest, is one that others take as well. */
function isRun(run: Fields): boolean {
  const { length } = run;
  const [, name, prefix, time] = run;
  if (!isName(name) || !isId(prefix) || !(time === null || Number.isFinite(time))) return false;
  if (length < 6 || length % 2 === 1 || length > 4 + 2 * maxMessages) return false;
  let number = 0;
  for (let index = 4; index < length; index += 2) {
    const more = run[index];
    if (!isRef(more) || (index > 4 && more === 0)) return false;
    number += more as number;
  }
  return Number.isSafeInteger(number) && isId(runId(prefix as string, number));
}

function isShape(value: unknown): value is Shape {
  return Array.isArray(value) && value.length <= maxShapeKeys && value.every(isProperty);
}

function isProperty(value: unknown): boolean {
  return typeof value === "string" && value !== "__proto__";
}

function isGreeting(value: unknown): value is GreetingFields {
  return (
    matchesAll(value, { protocol: "number", link: "string", contract: "string" }) &&
    isId(value.link) &&
    isId(value.contract)
  );
}

/** Texts are told to people, so they are bounded. */
function isTraitsEntry(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [name, kind, from, delivery, keyed] = value as readonly unknown[];
  return (
    isName(name) &&
    isId(kind) &&
    isId(from) &&
    (delivery === "" || isId(delivery)) &&
    typeof keyed === "boolean"
  );
}

function isCauses(value: unknown): value is Causes {
  return Array.isArray(value) && value.length <= maxCauses && value.every(isCause);
}

function isCause(value: unknown): boolean {
  return (
    matchesAll(value, { id: "string", name: "string", kind: "string" }) &&
    isId(value.id) &&
    isName(value.name)
  );
}

/** Whether `value` is a key that may cross a link. */
export function isBoundedKey(value: unknown): value is Key {
  return isKey(value) && (typeof value === "number" || utf8Bytes(value) <= maxKeyBytes);
}

function isRef(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= 128;
}

/** It ends in errors and logs, so it has no characters that do something there. */
function isId(value: unknown): boolean {
  return typeof value === "string" && /^[ -~]{1,64}$/.test(value);
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}
