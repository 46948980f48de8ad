import { InvalidError } from "@eventwire/core";

/**
 * JSON that also carries what JSON lacks: Date, bigint, bytes (Uint8Array), Map, Set, undefined, NaN, the infinities and
 * -0. Each becomes `{"$":[tag, ...]}`; an object whose only property is `$` becomes `{"$":["$", value]}`.
 */
const tag = "$";
/** How deep data may nest. Deeper data is refused on both sides. */
export const maxDepth = 64;
/** Reading a long bigint takes time that grows with the square of its length. */
const maxBigintDigits = 4_096;

type Plain = Record<string, unknown>;

/**
 * @throws {InvalidError} when `data` holds a function, a symbol or a cycle, or nests deeper than {@link maxDepth}.
 */
export function encodeJson(data: unknown, name: string): string {
  return JSON.stringify(toPlain(data, name, 0));
}

/**
 * Reads what {@link encodeJson} wrote. `__proto__` keys are dropped.
 *
 * @throws {SyntaxError} when `text` is not JSON, nests too deep, or has a malformed tag.
 */
export function decodeJson(text: string): unknown {
  // Escapes can hide both words; the plain search keeps the common case at the speed of JSON.parse.
  const suspicious = text.includes("__proto__") || text.includes("\\u");
  const value: unknown = suspicious ? JSON.parse(text, dropPrototype) : JSON.parse(text);
  return fromPlain(value, 0);
}

function dropPrototype(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

/** Gives back `value` itself where it is plain JSON already, which is the common case. */
function toPlain(value: unknown, name: string, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: ["number", String(Object.is(value, -0) ? "-0" : value)] };
    case "bigint":
      return { $: ["bigint", value.toString()] };
    case "undefined":
      return { $: ["undefined"] };
    case "object":
      break;
    default:
      throw new InvalidError(name, [{ message: `a ${typeof value} cannot be sent`, path: [] }]);
  }
  if (value === null) return null;
  if (depth >= maxDepth) {
    throw new InvalidError(name, [
      { message: `it nests deeper than ${maxDepth}, or holds itself`, path: [] },
    ]);
  }
  if (Array.isArray(value)) return mapArray(value, name, depth + 1);
  if (value instanceof Date) return { $: ["date", toPlain(value.getTime(), name, depth + 1)] };
  if (value instanceof Uint8Array) return { $: ["bytes", toBase64(value)] };
  if (value instanceof Map) return { $: ["map", mapArray([...value], name, depth + 1)] };
  if (value instanceof Set) return { $: ["set", mapArray([...value], name, depth + 1)] };
  if ("toJSON" in value && typeof value.toJSON === "function")
    return toPlain(value.toJSON(), name, depth + 1);
  return mapObject(value as Plain, name, depth + 1);
}

function mapArray(values: readonly unknown[], name: string, depth: number): readonly unknown[] {
  let result: unknown[] | undefined;
  for (let index = 0; index < values.length; index++) {
    const plain = toPlain(values[index], name, depth);
    if (!result && plain !== values[index]) result = values.slice(0, index);
    result?.push(plain);
  }
  return result ?? values;
}

function mapObject(object: Plain, name: string, depth: number): Plain {
  let result: Plain | undefined;
  let size = 0;
  for (const key in object) {
    if (!Object.hasOwn(object, key)) continue;
    const value = object[key];
    if (value === undefined) continue; // as JSON.stringify does: a missing property
    size += 1;
    const plain = toPlain(value, name, depth);
    if (plain !== value) {
      result ??= { ...object };
      result[key] = plain;
    }
  }
  const plain = result ?? object;
  return size === 1 && Object.hasOwn(object, tag) && object[tag] !== undefined
    ? { $: ["$", plain[tag]] }
    : plain;
}

/** Revives in place: what JSON.parse made belongs to nobody else. */
function fromPlain(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxDepth * 2) throw new SyntaxError(`It nests deeper than ${maxDepth}.`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === "object" && item !== null) value[index] = fromPlain(item, depth + 1);
    }
    return value;
  }
  const object = value as Plain;
  let size = 0;
  for (const key in object) {
    size += 1;
    const item = object[key];
    if (typeof item === "object" && item !== null) object[key] = fromPlain(item, depth + 1);
  }
  return size === 1 && Object.hasOwn(object, tag) ? revive(object[tag]) : object;
}

function revive(tagged: unknown): unknown {
  if (!Array.isArray(tagged)) throw new SyntaxError("A $ must hold a tag and its value.");
  const [kind, value]: unknown[] = tagged;
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
      break;
    case "map":
      if (Array.isArray(value) && value.every(isPair)) return new Map(value);
      break;
    case "set":
      if (Array.isArray(value)) return new Set(value);
  }
  throw new SyntaxError(`A value tagged ${JSON.stringify(kind)?.slice(0, 40)} is malformed.`);
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
