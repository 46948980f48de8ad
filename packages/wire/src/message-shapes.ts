import type { Gap, Key } from "@eventwire/core";
import { clientMark, isKey, maxCauses } from "@eventwire/core/attach";
import { maxShapeKeys, maxShapes, type Shape } from "./binary-types.js";
import { isFailure } from "./failure.js";
import {
  type Causes,
  type GreetingFields,
  type HelloFields,
  maxCauseId,
  maxFollowed,
  maxGroupName,
  maxKeyBytes,
  maxMessages,
  maxReason,
  runId,
  type WelcomeFields,
  type WireMessage,
} from "./messages.js";
import { matchesAll } from "./shape.js";
import { utf8Bytes } from "./utf8.js";

const gapReasons: { readonly [Reason in Gap["reason"]]: true } = {
  overflow: true,
  trimmed: true,
  epoch: true,
  truncated: true,
  disconnected: true,
  denied: true,
  invalid: true,
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
  follow: ([, ref, names, since, credit, key]) =>
    isRef(ref) &&
    areNames(names) &&
    isSince(since) &&
    isRef(credit) &&
    (key === undefined || isBoundedKey(key)),
  join: ([, ref, group, pattern, names, since, concurrency, fields]) =>
    isRef(ref) &&
    isText(group, maxGroupName) &&
    isName(pattern) &&
    areNames(names) &&
    isSince(since) &&
    isCount(concurrency) &&
    isJoinFields(fields),
  done: ([, ref, delivery]) => isRef(ref) && isRef(delivery),
  undone: ([, ref, delivery, reason]) =>
    isRef(ref) && isRef(delivery) && (reason === undefined || isText(reason, maxReason)),
  joined: ([, ref]) => isRef(ref),
  given: ([, ref, delivery, name, , id, time, offset, attempt]) =>
    isRef(ref) &&
    isRef(delivery) &&
    isName(name) &&
    isId(id) &&
    Number.isFinite(time) &&
    isOffset(offset) &&
    isRef(attempt),
  took: ([, ref, count]) => isRef(ref) && isRef(count),
  following: ([, ref, since]) => isRef(ref) && isOffset(since),
  stored: ([, ref, number, name, , id, time]) =>
    isRef(ref) && isRef(number) && isName(name) && isId(id) && Number.isFinite(time),
  reached: ([, ref, number]) => isRef(ref) && isRef(number),
  missing: ([, ref, reason, to]) => isRef(ref) && isGapReason(reason) && (to === undefined || isOffset(to)),
  position: ([, ref, offset]) => isRef(ref) && (offset === undefined || isOffset(offset)),
  produce: ([, ref, producer, epoch, confirmed, user]) =>
    isRef(ref) &&
    isProducer(producer) &&
    isRef(epoch) &&
    isRef(confirmed) &&
    (epoch as number) > (confirmed as number) &&
    (user === null || typeof user === "string"),
  produced: ([, ref]) => isRef(ref),
  append: ([, ref, sequence, id, name, , cause]) =>
    isRef(ref) &&
    isSequence(sequence) &&
    isClientId(id) &&
    isName(name) &&
    (cause === undefined || isCauses(cause)),
  producing: ([, ref, expected, known, user, durability]) =>
    isRef(ref) &&
    isSequence(expected) &&
    typeof known === "boolean" &&
    typeof user === "string" &&
    isDurability(durability),
  appended: ([, ref, sequence, offset, duplicate]) =>
    isRef(ref) &&
    isSequence(sequence) &&
    (offset === null || isOffset(offset)) &&
    typeof duplicate === "boolean",
  rejected: ([, ref, sequence, failure]) => isRef(ref) && isSequence(sequence) && isFailure(failure),
  again: ([, ref, sequence, wait]) => isRef(ref) && isSequence(sequence) && isDuration(wait),
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
    mayBeMaximum((fields as Partial<WelcomeFields>).maxMessageBytes) &&
    mayBeMaximum((fields as Partial<WelcomeFields>).outboxes) &&
    typeof ((fields as Partial<WelcomeFields>).user ?? "") === "string",
  contract: ([, entries]) => Array.isArray(entries) && entries.every(isTraitsEntry),
  listening: ([, ref]) => isRef(ref),
  answer: ([, ref]) => isRef(ref),
  failed: ([, ref, failure]) => isRef(ref) && isFailure(failure),
  refused: ([, id, name, failure]) =>
    (id === null || isId(id)) && (name === null || isName(name)) && isFailure(failure),
  gap: ([, name, key, reason, missed]) =>
    isName(name) &&
    (key === null || isBoundedKey(key)) &&
    isGapReason(reason) &&
    (missed === null || isRef(missed)),
  auth: ([, ref]) => isRef(ref),
  sync: ([, ref]) => isRef(ref),
  synced: ([, ref]) => isRef(ref),
  expiring: ([, milliseconds]) => isDuration(milliseconds),
  authorized: ([, ref]) => isRef(ref),
  events: (fields) => isRun(fields),
  reads: ([, codec]) => typeof codec === "string",
  shape: ([, number, names]) => isRef(number) && (number as number) < maxShapes && isShape(names),
  parts: ([, bytes, type, id, name]) =>
    isRef(bytes) &&
    bytes !== 0 &&
    (type === "event"
      ? isId(id) && isName(name)
      : carriesData(type) &&
        isRef(id) &&
        (type !== "append" || isSequence(name)) &&
        (type !== "given" || isRef(name))),
  part: ([, data]) => typeof data === "string" || data instanceof Uint8Array,
  abort: () => true,
  ping: ([, sent]) => sent === undefined || isRef(sent),
  pong: ([, taken]) => taken === undefined || isRef(taken),
  goodbye: ([, reason, link]) =>
    matchesAll(reason, { code: "string", message: "string", retryable: "boolean" }) &&
    (link === undefined || isId(link)),
};

/** Whether it is a message, of any side and with the fields of its type. */
export function isMessage(value: unknown): value is WireMessage {
  if (!Array.isArray(value)) return false;
  const type: unknown = value[0];
  return typeof type === "string" && Object.hasOwn(shapes, type) && shapes[type as WireMessage[0]](value);
}

const withData: ReadonlySet<unknown> = new Set<WireMessage[0]>([
  "event",
  "request",
  "answer",
  "item",
  "failed",
  "stored",
  "append",
  "given",
]);

/** Whether a message of this type carries data, and so may come in parts. */
export function carriesData(type: unknown): boolean {
  return withData.has(type);
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
    isText(value.id, maxCauseId) &&
    isName(value.name)
  );
}

/** Whether `value` is a key that may cross a link. */
export function isBoundedKey(value: unknown): value is Key {
  return isKey(value) && (typeof value === "number" || utf8Bytes(value) <= maxKeyBytes);
}

function isGapReason(value: unknown): boolean {
  return typeof value === "string" && Object.hasOwn(gapReasons, value);
}

/** Or a word that stands for one. What it means is for the log to know. */
function isOffset(value: unknown): boolean {
  return typeof value === "string" && /^[ -~]{1,128}$/.test(value);
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= maxFollowed && value.every(isName);
}

/** Where to begin: an offset, or a time. */
function isSince(value: unknown): boolean {
  return isOffset(value) || Number.isFinite(value);
}

/** What it makes of a wait is for the group to say. */
function isJoinFields(value: unknown): boolean {
  return matchesAll(value, { attempts: "number", backoff: "object" });
}

function isCount(value: unknown): boolean {
  return value === Infinity || (isRef(value) && value !== 0);
}

function isText(value: unknown, most: number): boolean {
  return typeof value === "string" && value.length <= most;
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

/** The last number is for probes. */
function isSequence(value: unknown): boolean {
  return isRef(value) && value !== 0 && value !== Number.MAX_SAFE_INTEGER;
}

/** What no server makes. */
function isClientId(value: unknown): boolean {
  return isId(value) && (value as string).startsWith(clientMark);
}

/** It goes into the name that the log knows it by, behind a slash. */
function isProducer(value: unknown): boolean {
  return typeof value === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value);
}

function isDurability(value: unknown): boolean {
  return value === "memory" || value === "process" || value === "power";
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}
