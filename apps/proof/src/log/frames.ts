import { crc32 } from "node:zlib";

/**
 * A frame is the length of its payload and a checksum over that and the frame's place, 4 bytes each, then the payload. With the
 * place in it, what an earlier file left behind is never taken for a frame.
 */
const headerBytes = 8;

export interface Frame {
  readonly payload: Uint8Array;
  /** Where the next one begins. */
  readonly end: number;
}

export function encodeFrame(payload: Uint8Array, at: number): Uint8Array {
  const frame = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, payload.length);
  view.setUint32(4, checksum(payload, at));
  frame.set(payload, headerBytes);
  return frame;
}

/**
 * The frames that are whole, up to the first that is not.
 *
 * @param at where `bytes` begin in their file.
 */
export function decodeFrames(bytes: Uint8Array, at: number): readonly Frame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  for (let start = 0; start + headerBytes <= bytes.length; ) {
    const end = start + headerBytes + view.getUint32(start);
    if (end > bytes.length) break;
    const payload = bytes.subarray(start + headerBytes, end);
    if (view.getUint32(start + 4) !== checksum(payload, at + start)) break;
    frames.push({ payload, end: at + end });
    start = end;
  }
  return frames;
}

function checksum(payload: Uint8Array, at: number): number {
  return crc32(payload, at + payload.length + 1);
}
