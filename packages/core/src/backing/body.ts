import { type Cause, maxCauses } from "../cause.js";
import { decodeJson, encodeJson } from "../json.js";

/** What a broker keeps of a message besides what it needs to know itself. */
export interface Body {
  readonly data: unknown;
  /** What led to it, newest first. */
  readonly cause: readonly Cause[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * A body is JSON text, as it crosses links: an array, so that what comes to be kept besides has a place, and another format
 * can be told from it by its first byte.
 *
 * @throws {InvalidError} when the data cannot be encoded.
 */
export function encodeBody(name: string, { data, cause }: Body): Uint8Array {
  return encodeText(encodeJson(cause.length > 0 ? [data, cause] : [data], name, 1));
}

/** How many bytes small bodies share, and the longest text that is one. */
const poolBytes = 8_192;
const maxSmall = 1_024;
/** What is left of the pool. */
let pool = new Uint8Array(0);

/** Small ones lie in memory that they share: to allocate each its own would take longer than to write it. */
function encodeText(text: string): Uint8Array {
  if (text.length > maxSmall) return encoder.encode(text);
  // A unit of UTF-16 takes three bytes at most.
  if (text.length * 3 > pool.length) pool = new Uint8Array(poolBytes);
  const { written } = encoder.encodeInto(text, pool);
  const bytes = pool.subarray(0, written);
  pool = pool.subarray(written);
  return bytes;
}

/** @throws {SyntaxError | TypeError} when it is none that `encodeBody` made. */
export function decodeBody(bytes: Uint8Array): Body {
  const parts = decodeJson(decoder.decode(bytes), 1);
  if (!Array.isArray(parts) || parts.length === 0) throw new SyntaxError("A body must hold its data.");
  const [data, cause = []]: readonly unknown[] = parts;
  if (!Array.isArray(cause)) throw new SyntaxError("A body's cause must be a list.");
  return { data, cause: cause.slice(0, maxCauses) as readonly Cause[] };
}
