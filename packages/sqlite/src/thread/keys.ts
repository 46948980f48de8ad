import type { Key } from "@eventwire/core";
import { bytesOf, textOf } from "./text.js";

const text = 1;
const number = 2;

/** A key in bytes: its kind, then its text in UTF-8 or its number. */
export function keyBytes(key: Key): Uint8Array {
  if (typeof key === "string") return Buffer.concat([Buffer.of(text), bytesOf(key)]);
  const bytes = Buffer.alloc(9);
  bytes[0] = number;
  // 0 and -0 are one key.
  bytes.writeDoubleLE(key + 0, 1);
  return bytes;
}

export function keyOf(bytes: Uint8Array): Key {
  if (bytes[0] === text) return textOf(bytes.subarray(1));
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat64(1, true);
}
