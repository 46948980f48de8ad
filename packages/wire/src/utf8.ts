/** How many bytes a text takes in UTF-8. */
export function utf8Bytes(text: string): number {
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
export function frameSize(frame: string | Uint8Array): number {
  return typeof frame === "string" ? utf8Bytes(frame) : frame.byteLength;
}
