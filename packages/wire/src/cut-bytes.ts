import { partHead } from "./binary-types.js";
import type { Parts } from "./parts.js";

const headBytes = partHead.length + 4;
/**
 * Cuts the bytes of a message. This is the one time that they are copied on their way to any number of peers: the pieces may
 * change afterwards.
 *
 * @param announced the announcement as MessagePack.
 * @param frameBytes how large a frame may be.
 */
export function cutBytes(
  pieces: readonly Uint8Array[],
  announced: (bytes: number) => Uint8Array,
  frameBytes: number,
): Parts {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const frames: Uint8Array[] = [];
  let before = announced(bytes);
  let piece = 0;
  let at = 0;
  for (let left = bytes; left > 0; ) {
    const begin = before.length + headBytes;
    const length = Math.min(left, frameBytes - begin);
    const frame = new Uint8Array(begin + length);
    frame.set(before);
    frame.set(partHead, before.length);
    new DataView(frame.buffer).setUint32(begin - 4, length);
    for (let filled = 0; filled < length; ) {
      const rest = pieces[piece]!.subarray(at, at + length - filled);
      frame.set(rest, begin + filled);
      filled += rest.length;
      at += rest.length;
      if (at < pieces[piece]!.length) continue;
      piece += 1;
      at = 0;
    }
    frames.push(frame);
    left -= length;
    before = none;
  }
  return { bytes, frames };
}

const none = new Uint8Array();
