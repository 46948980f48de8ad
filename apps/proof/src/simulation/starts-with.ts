/** Whether bytes begin with others. */
export function startsWith(bytes: Uint8Array, first: Uint8Array): boolean {
  return bytes.length >= first.length && Buffer.compare(bytes.subarray(0, first.length), first) === 0;
}
