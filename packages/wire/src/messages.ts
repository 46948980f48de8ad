import type { BrokerFeatures, CloseReason, Gap, Key } from "@eventwire/core";
import type { Cause, JoinWish } from "@eventwire/core/attach";
import type { Shape } from "./binary-types.js";
import type { Failure } from "./failure.js";
import type { Subject } from "./subject.js";
import type { TraitsEntry } from "./traits.js";

/** The version of this protocol. Another major version is refused at hello. */
export const protocolVersion = 1;
/** The longest key that may be listened to, in bytes of UTF-8. */
export const maxKeyBytes = 256;
/** So many numbers of a client, from 0 on, are for what it follows. */
export const reservedRefs = 256;
/** The longest id of what led to something, in characters: that of a task has its user and its `dedupe` in it. */
export const maxCauseId = 512;
/** How many names may be followed as one. */
export const maxFollowed = 256;
/** How many appends of an outbox may be unanswered, and of how many bytes of text together, unless it is one alone. */
export const appendsUnderWay = 256;
export const appendBytesUnderWay = 256_000;
/** The longest name of a group, and the longest reason for which an event was not done, in characters. */
export const maxGroupName = 100;
export const maxReason = 1_000;
/** How many messages a frame may hold. */
export const maxMessages = 1_000;

/** What both sides begin with. */
export interface GreetingFields {
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
  /** From how many outboxes at once the server takes durable events. Without it, it takes none. */
  readonly outboxes?: number | undefined;
  /** The id of the user, told with `outboxes`. */
  readonly user?: string | undefined;
}

/** What a server that takes durable events says of that. */
export type Appends = Pick<WelcomeFields, "user">;

/** How data is written that is not JSON. */
export type Codec = "messagepack";

/** A number by which an answer finds its question; chosen by who asks. */
type Ref = number;

export type Hello = readonly [type: "hello", fields: HelloFields];
/** Asks for the events of a name, or of one key of it, until `unlisten`. Answered by `listening` or `failed`. */
export type Listen = readonly [type: "listen", ref: Ref, name: string, key?: Key];
/** Ends a `listen` or a `follow`. */
export type Unlisten = readonly [type: "unlisten", ref: Ref];
/**
 * Asks for the durable events of some names, or of one key of them, after a position, until `unlisten`: `"start"`, `"now"`, an offset,
 * or a time in milliseconds since the Unix epoch. No more than `credit` events are sent, until `took` says that so many more may
 * be. Answered by `following` or `failed`.
 */
export type Follow = readonly [
  type: "follow",
  ref: Ref,
  names: readonly string[],
  since: string | number,
  credit: number,
  key?: Key,
];
/** So many further events of what is followed are wanted. */
export type Took = readonly [type: "took", ref: Ref, count: number];
/** How often the group tries an event, and how long it waits between. */
export type JoinFields = Pick<JoinWish, "attempts" | "backoff">;
/**
 * Becomes a member of a group that does what its pattern stands for, which are these names. A new group begins at a position as of a
 * `follow`. No more than `concurrency` events are given at once. Answered by `joined` or `failed`, and ended by `unlisten`.
 */
export type Join = readonly [
  type: "join",
  ref: Ref,
  group: string,
  pattern: string,
  names: readonly string[],
  since: string | number,
  concurrency: number,
  fields: JoinFields,
];
/** An event that was given is done. */
export type Done = readonly [type: "done", ref: Ref, delivery: number];
/** It is not: for a reason, which is a failed attempt; or without one, for it was not begun. */
export type Undone = readonly [type: "undone", ref: Ref, delivery: number, reason?: string];
/** Asks for the place after all that the log has. Answered by `position` or `failed`. */
export type WherePosition = readonly [type: "position", ref: Ref];
/** What led to a client's message: newest first, up to 16. A server does not say, for it may be nothing for clients. */
export type Causes = readonly Cause[];
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
/**
 * Begins to send from an outbox, as a producer of that name and epoch. `confirmed` is the last epoch that was answered by `producing`, 0
 * where none was; `user` whose outbox it is, where that is known. Answered by `producing` or `failed`.
 */
export type Produce = readonly [
  type: "produce",
  ref: Ref,
  producer: string,
  epoch: number,
  confirmed: number,
  user: string | null,
];
/** Nothing more comes from an outbox over this link. */
export type Produced = readonly [type: "produced", ref: Ref];
/** A durable event for the log, as the producer's next. Answered by `appended`, `rejected` or `again`, in order. */
export type AppendAsked = readonly [
  type: "append",
  ref: Ref,
  sequence: number,
  id: string,
  name: string,
  data: unknown,
  cause?: Causes,
];
/** From now on the sender reads what the other side may send besides JSON. */
export type Reads = readonly [type: "reads", codec: Codec];
/** The names of the properties of objects that later messages have in bytes as the shape of this number, and their values. */
export type ShapeTold = readonly [type: "shape", number: number, names: Shape];

export type Welcome = readonly [type: "welcome", fields: WelcomeFields];
/** A part of what the server's contract has, told after the welcome to a client whose contract has another fingerprint. */
export type ContractPart = readonly [type: "contract", entries: readonly TraitsEntry[]];
export type Listening = readonly [type: "listening", ref: Ref];
/** After this offset the events are sent. */
export type FollowingSince = readonly [type: "following", ref: Ref, since: string];
/** A durable event, by the number of its offset. All of what is followed up to there has been sent. */
export type Stored = readonly [
  type: "stored",
  ref: Ref,
  number: number,
  name: string,
  data: unknown,
  id: string,
  time: number,
];
/** It is a member of the group: events are given from here on. */
export type Joined = readonly [type: "joined", ref: Ref];
/** An event that this member is to do, by the number that `done` and `undone` answer; which attempt it is, from 1. */
export type Given = readonly [
  type: "given",
  ref: Ref,
  delivery: number,
  name: string,
  data: unknown,
  id: string,
  time: number,
  offset: string,
  attempt: number,
];
/** All of what is followed up to this number was sent: there was nothing, or nothing more, of it. */
export type Reached = readonly [type: "reached", ref: Ref, number: number];
/**
 * Of what is followed, events up to an offset may be missing. Where its epoch is another one, what comes is read from its start. A
 * member of a group is not told up to where.
 */
export type Missing = readonly [type: "missing", ref: Ref, reason: Gap["reason"], to?: string];
export type PositionTold = readonly [type: "position", ref: Ref, offset: string];
/**
 * An outbox may be sent from: its next event is expected by this number. `known` says whether the log still knows the producer from the
 * epoch that was confirmed; `user` who the client is; `durability` what survives that the log has.
 */
export type Producing = readonly [
  type: "producing",
  ref: Ref,
  expected: number,
  known: boolean,
  user: string,
  durability: BrokerFeatures["durability"],
];
/** The log has it, at an offset that may be unknown where it had it before. */
export type AppendedTold = readonly [
  type: "appended",
  ref: Ref,
  sequence: number,
  offset: string | null,
  duplicate: boolean,
];
/** The log will not have it. What came behind it is passed over, until another comes by its number. */
export type Rejected = readonly [type: "rejected", ref: Ref, sequence: number, failure: Failure];
/** Nothing is decided of it, nor of what came behind it: it is to come again, after so many milliseconds. */
export type Again = readonly [type: "again", ref: Ref, sequence: number, wait: number];
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
/** What answers an outbox. */
export type ToOutbox = Producing | AppendedTold | Rejected | Again;
/** What answers a request, either way. */
export type Answers = Answer | Failed | Streaming | Item;
/** Of requests, either way. */
type Requesting = Request | Pull | Cancel | Answers;
export type FromClient =
  | Hello
  | Reads
  | ShapeTold
  | Listen
  | Unlisten
  | Follow
  | Took
  | Join
  | Done
  | Undone
  | WherePosition
  | Produce
  | Produced
  | AppendAsked
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
  | FollowingSince
  | Stored
  | Joined
  | Given
  | Reached
  | Missing
  | PositionTold
  | Producing
  | AppendedTold
  | Rejected
  | Again
  | Event
  | Events
  | ShapeTold
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

/** Whether it is of a message that comes in parts. */
export function isInParts(message: WireMessage): message is InParts {
  return message[0] === "part" || message[0] === "parts" || message[0] === "abort";
}

/** How many events are in a run. */
export function runLength(run: Events): number {
  return (run.length - 4) / 2;
}

/** The id of one of its events. */
export function runId(prefix: string, number: number): string {
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

/** What a message is about, for errors: a name, or its type where it has none. */
export function nameOf(message: WireMessage): string {
  switch (message[0]) {
    case "event":
    case "events":
      return message[1];
    case "listen":
    case "request":
      return message[2];
    case "follow":
      return message[2][0]!;
    case "append":
      return message[4];
    case "join":
      return message[3];
    default:
      return message[0];
  }
}
