import type { AsymmetricMatcher } from "./partial.js";
import { show } from "./show.js";

/** Where `actual` is not what `expected` asks for, one sentence a place; none when it is all that. What it has besides is right. */
export function differences(actual: unknown, expected: unknown): readonly string[] {
  if (typeof expected === "function") {
    return expected(actual) ? [] : [`the function given says no to ${show(actual)}`];
  }
  const found: string[] = [];
  compare(actual, expected, "", found, new Set());
  return found;
}

function compare(
  actual: unknown,
  expected: unknown,
  path: string,
  found: string[],
  within: Set<unknown>,
): void {
  const differs = () => {
    found.push(`${path || "it"} is ${show(actual)} instead of ${show(expected)}`);
  };
  if (isMatcher(expected)) {
    if (!expected.asymmetricMatch(actual)) differs();
  } else if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) {
    return;
  } else if (!isObject(actual) || !isObject(expected) || kindOf(actual) !== kindOf(expected)) {
    differs();
  } else if (expected instanceof Date) {
    if (expected.getTime() !== (actual as Date).getTime() && show(expected) !== show(actual)) differs();
  } else if (isBytes(expected)) {
    if (!sameBytes(actual as Bytes, expected)) differs();
  } else if (hidesWhatItIs(expected)) {
    if (!saysTheSame(actual, expected)) differs();
  } else if (!within.has(expected)) {
    within.add(expected);
    if (expected instanceof Set) compareSets(actual as Set<unknown>, expected, differs);
    else compareEntries(actual, expected, path, found, within);
    within.delete(expected);
  }
}

function compareEntries(
  actual: object,
  expected: object,
  path: string,
  found: string[],
  within: Set<unknown>,
): void {
  if (expected instanceof Map) {
    for (const [key, value] of expected) {
      compare(
        (actual as Map<unknown, unknown>).get(key),
        value,
        `${path || "it"}.get(${show(key)})`,
        found,
        within,
      );
    }
    return;
  }
  if (Array.isArray(expected) && expected.length !== (actual as unknown[]).length) {
    found.push(`${path || "it"} has length ${(actual as unknown[]).length} instead of ${expected.length}`);
  }
  for (const name of Object.keys(expected)) {
    if (Array.isArray(expected) && Number(name) >= (actual as unknown[]).length) break;
    const place = Array.isArray(expected) ? `${path || "it"}[${name}]` : path ? `${path}.${name}` : name;
    compare(
      (actual as Record<string, unknown>)[name],
      (expected as Record<string, unknown>)[name],
      place,
      found,
      within,
    );
  }
}

function compareSets(actual: Set<unknown>, expected: Set<unknown>, differs: () => void): void {
  const items = [...actual];
  const has = (item: unknown) => actual.has(item) || items.some((other) => isLike(other, item));
  if (actual.size !== expected.size || ![...expected].every(has)) differs();
}

function isLike(actual: unknown, expected: unknown): boolean {
  const found: string[] = [];
  compare(actual, expected, "", found, new Set());
  return found.length === 0;
}

type Bytes = ArrayBufferView | ArrayBuffer;

function isBytes(value: object): value is Bytes {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function sameBytes(one: Bytes, other: Bytes): boolean {
  const [first, second] = [one, other].map((bytes) =>
    ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes),
  );
  return first!.length === second!.length && first!.every((byte, index) => byte === second![index]);
}

/** What two values must have in common to be compared by what is in them. */
function kindOf(value: object): unknown {
  if (Array.isArray(value)) return Array;
  for (const kind of [Date, Map, Set]) if (value instanceof kind) return kind;
  return isBytes(value) ? value.constructor : Object;
}

/**
 * Whether its properties do not tell it from another of its class, as those of a URL, a regular expression or an error do
 * not: it would be as expected whatever it is.
 */
function hidesWhatItIs(value: object): boolean {
  if (value instanceof Error) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  const collects = Array.isArray(value) || value instanceof Map || value instanceof Set;
  return !plain && !collects && Object.keys(value).length === 0;
}

/** What says nothing of itself is like nothing but itself. */
function saysTheSame(actual: object, expected: object): boolean {
  return (
    actual.constructor === expected.constructor &&
    String(expected) !== Object.prototype.toString.call(expected) &&
    String(actual) === String(expected)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isMatcher(value: unknown): value is AsymmetricMatcher {
  return isObject(value) && typeof (value as Partial<AsymmetricMatcher>).asymmetricMatch === "function";
}
