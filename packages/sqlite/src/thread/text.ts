/**
 * Texts that anybody may choose are kept as their bytes in UTF-8: of a text that has a character 0, drivers of SQLite take
 * what is before it.
 */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
