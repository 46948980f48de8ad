import type { ParsedFrame } from "@eventwire/core";
import { maxDepth } from "@eventwire/core/attach";

/**
 * A frame that the transport has parsed from JSON.
 *
 * @returns `undefined` where there are bytes in it, which JSON has none of.
 */
export function parsedFrame(parsed: readonly unknown[]): ParsedFrame | undefined {
  const length = lengthOf(parsed, 0);
  return Number.isNaN(length) ? undefined : { parsed, length };
}

/** About how long its text was. Of what is too deep to be taken only the beginning counts. */
function lengthOf(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value === "number") return Number.isInteger(value) ? digits(value) : 17;
  if (typeof value !== "object" || value === null) return 4;
  if (depth > maxDepth + 3) return 2;
  let length = 1;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) length += lengthOf(value[index], depth + 1) + 1;
    return Math.max(2, length);
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return Number.NaN;
  for (const key in value) {
    length += key.length + 4 + lengthOf((value as Readonly<Record<string, unknown>>)[key], depth + 1);
  }
  return Math.max(2, length);
}

function digits(integer: number): number {
  let count = integer < 0 ? 2 : 1;
  for (let rest = Math.abs(integer); rest >= 10; rest /= 10) count += 1;
  return Math.min(count, 25);
}
