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
  return encoder.encode(encodeJson(cause.length > 0 ? [data, cause] : [data], name, 1));
}

/** @throws {SyntaxError | TypeError} when it is none that `encodeBody` made. */
export function decodeBody(bytes: Uint8Array): Body {
  const parts = decodeJson(decoder.decode(bytes), 1);
  if (!Array.isArray(parts) || parts.length === 0) throw new SyntaxError("A body must hold its data.");
  const [data, cause = []]: readonly unknown[] = parts;
  if (!Array.isArray(cause)) throw new SyntaxError("A body's cause must be a list.");
  return { data, cause: cause.slice(0, maxCauses) as readonly Cause[] };
}
