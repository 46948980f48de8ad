import { utf8Bytes } from "./utf8.js";

/** What selects ordering, routing and rooms: a flight's id, an order's number, a chat room. */
export type Key = string | number;

/** The longest key that may cross a boundary, in bytes of UTF-8. */
export const maxKeyBytes = 256;

/** Whether `value` may be a key at a boundary: a finite number, or a string of at most {@link maxKeyBytes} bytes. */
export function isKey(value: unknown): value is Key {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" && value.length <= maxKeyBytes && utf8Bytes(value) <= maxKeyBytes;
}
