const letters = String.fromCharCode;

/** The longest text that is read and written letter by letter: below it that is faster than to ask the platform. */
export const shortText = 24;

/**
 * A short text of ASCII; `undefined` where it is another one. Calls with their arguments written out are four times as fast
 * as with a list of them.
 */
export function readAscii(bytes: Uint8Array, at: number, length: number): string | undefined {
  for (let index = at; index < at + length; index++) if (bytes[index]! >= 0x80) return undefined;
  return read(bytes, at, length);
}

function read(bytes: Uint8Array, at: number, length: number): string {
  const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  switch (length) {
    case 0:
      return "";
    case 1:
      return letters(a);
    case 2:
      return letters(a, b);
    case 3:
      return letters(a, b, c);
    case 4:
      return letters(a, b, c, d);
    case 5:
      return letters(a, b, c, d, bytes[at + 4]!);
    case 6:
      return letters(a, b, c, d, bytes[at + 4]!, bytes[at + 5]!);
    case 7:
      return letters(a, b, c, d, bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!);
    default:
      return (
        letters(a, b, c, d, bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!) +
        read(bytes, at + 8, length - 8)
      );
  }
}
