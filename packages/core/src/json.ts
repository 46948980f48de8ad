import { InvalidError } from "./errors/invalid-error.js";
import { maxDepth } from "./max-depth.js";

/**
 * JSON that also carries what JSON lacks: Date, bigint, bytes (Uint8Array), Map, Set, undefined, NaN, the infinities and
 * -0. Each becomes `{"$":[tag, ...]}`; an object whose only property is `$` becomes `{"$":["$", value]}`.
 */
const tag = "$";
/** Reading a long bigint takes time that grows with the square of its length. */
const maxBigintDigits = 4_096;

type Plain = Record<string, unknown>;

/**
 * @param envelope how many levels of `data` are an envelope, which do not count as depth. Default 0.
 * @throws {InvalidError} when `data` holds a function, a symbol, a cycle or a bigint of more than 4,096 digits, or
 *   nests deeper than {@link maxDepth}.
 */
export function encodeJson(data: unknown, name: string, envelope = 0): string {
  if (isJson(data, -envelope)) {
    try {
      return JSON.stringify(data);
    } catch (error) {
      // A getter gave what is no JSON when it was asked again: a copy asks it once.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return JSON.stringify(toPlain(data, name, -envelope));
}

/**
 * Reads what {@link encodeJson} wrote. `__proto__` keys are dropped.
 *
 * @param envelope how many levels around the data do not count as depth. Default 0.
 * @throws {SyntaxError} when `text` is not JSON, nests too deep, or has a malformed tag.
 */
export function decodeJson(text: string, envelope = 0): unknown {
  return fromPlain(JSON.parse(text), -envelope);
}

/** Whether it is written as it is, as nearly all data is: told in a fraction of the time that a copy would take. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return isPlain(value);
  if (depth >= maxDepth) return false;
  // JSON.stringify calls it wherever it is, also where it is no property that is listed.
  if ("toJSON" in value) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isJson(value[index], depth + 1)) return false;
    return true;
  }
  // What has a prototype of its own may be a Date, or say by a method how it wants to be JSON.
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    const item = (value as Plain)[key];
    if (item !== undefined && !isJson(item, depth + 1)) return false;
  }
  return !(tag in value);
}

/** A copy, with tags for what JSON lacks. */
function toPlain(value: unknown, name: string, depth: number): unknown {
  if (isPlain(value)) return value;
  // A tag takes a level too, so that what is accepted here is accepted by decodeJson.
  if (depth >= maxDepth) throw refused(name, `it nests deeper than ${maxDepth}, or holds itself`);
  switch (typeof value) {
    case "number":
      return { $: ["number", Object.is(value, -0) ? "-0" : String(value)] };
    case "bigint":
      return { $: ["bigint", digits(value, name)] };
    case "undefined":
      return { $: ["undefined"] };
    case "object":
      return objectToPlain(value as object, name, depth + 1);
    default:
      throw refused(name, `a ${typeof value} cannot be encoded`);
  }
}

/** Whether it is written without a tag, and takes no level. */
export function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    default:
      return value === null;
  }
}

function objectToPlain(value: object, name: string, depth: number): unknown {
  if (Array.isArray(value)) return mapArray(value, name, depth);
  if (value instanceof Date) return { $: ["date", toPlain(value.getTime(), name, depth)] };
  if (value instanceof Uint8Array) return { $: ["bytes", toBase64(value)] };
  if (value instanceof Map) return { $: ["map", mapArray([...value], name, depth)] };
  if (value instanceof Set) return { $: ["set", mapArray([...value], name, depth)] };
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    throw refused(name, "of bytes, only a Uint8Array can be encoded");
  }
  if ("then" in value && typeof value.then === "function") {
    throw refused(name, "a promise cannot be encoded; await it first");
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return toPlain(value.toJSON(), name, depth);
  return mapObject(value, name, depth);
}

function refused(name: string, message: string): InvalidError {
  return new InvalidError(name, [{ message, path: [] }]);
}

function digits(value: bigint, name: string): string {
  const text = value.toString();
  if (text.length <= maxBigintDigits) return text;
  throw refused(name, `a bigint has over ${maxBigintDigits} digits`);
}

function mapArray(values: readonly unknown[], name: string, depth: number): readonly unknown[] {
  return Array.from(values, (item) => toPlain(item, name, depth));
}

function mapObject(object: object, name: string, depth: number): Plain {
  const plain: Plain = {};
  let size = 0;
  for (const [key, value] of Object.entries(object)) {
    // The one is a missing property, as JSON.stringify has it, and the other is read by nobody.
    if (value === undefined || key === "__proto__") continue;
    size += 1;
    plain[key] = toPlain(value, name, depth);
  }
  return size === 1 && Object.hasOwn(plain, tag) ? { $: ["$", plain[tag]] } : plain;
}

/** Revives in place: what JSON.parse made belongs to nobody else. */
function fromPlain(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth >= maxDepth) throw new SyntaxError(`It nests deeper than ${maxDepth}.`);
  if (Array.isArray(value)) return reviveItems(value, depth + 1);
  const object = value as Plain;
  let size = 0;
  for (const key in object) {
    if (key === "__proto__") {
      delete object[key];
      continue;
    }
    size += 1;
    const item = object[key];
    // What is tagged counts as one level, so it is left to revive().
    if (typeof item === "object" && item !== null && key !== tag) object[key] = fromPlain(item, depth + 1);
  }
  if (!Object.hasOwn(object, tag)) return object;
  if (size === 1) return revive(object[tag], depth);
  object[tag] = fromPlain(object[tag], depth + 1);
  return object;
}

function reviveItems(items: unknown[], depth: number): unknown[] {
  for (let index = 0; index < items.length; index++) {
    const item: unknown = items[index];
    if (typeof item === "object" && item !== null) items[index] = fromPlain(item, depth);
  }
  return items;
}

function revive(tagged: unknown, depth: number): unknown {
  if (!Array.isArray(tagged)) throw new SyntaxError("A $ must hold a tag and its value.");
  const [kind, plain]: unknown[] = tagged;
  if (kind === "map" || kind === "set") {
    if (Array.isArray(plain)) {
      const items = reviveItems(plain, depth + 1);
      if (kind === "set") return new Set(items);
      if (items.every(isPair)) return new Map(items);
    }
    throw malformedTag(kind);
  }
  const value = fromPlain(plain, depth + 1);
  switch (kind) {
    case "undefined":
      return undefined;
    case "$":
      return { $: value };
    case "date":
      if (typeof value === "number") return new Date(value);
      break;
    case "number":
      if (value === "NaN" || value === "Infinity" || value === "-Infinity" || value === "-0")
        return Number(value);
      break;
    case "bigint":
      if (typeof value === "string" && value.length <= maxBigintDigits && /^-?\d+$/.test(value))
        return BigInt(value);
      break;
    case "bytes":
      if (typeof value === "string") return fromBase64(value);
  }
  throw malformedTag(kind);
}

function malformedTag(kind: unknown): SyntaxError {
  const shown = typeof kind === "string" ? kind.slice(0, 40) : typeof kind;
  return new SyntaxError(`A value tagged ${shown} is malformed.`);
}

function isPair(value: unknown): value is [unknown, unknown] {
  return Array.isArray(value) && value.length === 2;
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // A call takes a bounded number of arguments.
  for (let at = 0; at < bytes.length; at += 8_192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new SyntaxError("Bytes must be base64.");
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
