import type { Frame } from "@eventwire/core";

const beyondAscii = /[\u0080-\uffff]/;

/** How many bytes a text takes in UTF-8. */
export function utf8Bytes(text: string): number {
  // Most text is ASCII, and to look for anything else is several times faster than to count.
  if (!beyondAscii.test(text)) return text.length;
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair takes two of the pair's four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** How many bytes a frame takes on its way, before what a transport puts around it. */
export function frameSize(frame: Frame): number {
  return typeof frame === "string" ? utf8Bytes(frame) : frame.byteLength;
}
