/** What selects ordering, routing and rooms: a flight's id, an order's number, a chat room. */
export type Key = string | number;

/** The longest key that may cross a boundary, in bytes of UTF-8. */
export const maxKeyBytes = 256;

/** Whether `value` may be a key at a boundary: a finite number, or a string of at most {@link maxKeyBytes} bytes. */
export function isKey(value: unknown): value is Key {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" && utf8Bytes(value) <= maxKeyBytes;
}

function utf8Bytes(text: string): number {
  if (text.length > maxKeyBytes) return text.length;
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // A surrogate pair takes four bytes, two for each half.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
