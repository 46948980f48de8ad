import { crc32 } from "node:zlib";
import { OutboxUnavailableError } from "../outbox-unavailable-error.js";
import { damaged } from "./failures.js";

/** The first line of each file, before its version. */
const title = "eventwire outbox ";
const version = 1;
const heading = Buffer.from(`${title}${version}\n`);

/** What a frame begins with: no byte of UTF-8, so that it occurs in no payload. */
const mark = Buffer.of(0xff, 0x65, 0x77, 0x0a);
const prefixBytes = mark.length + 8;

/** A file's beginning. */
export function head(): Buffer {
  return heading;
}

/** One group of changes as it is written: whole or, where its checksum is wrong, not at all. */
export function encodeFrame(value: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(value));
  const frame = Buffer.allocUnsafe(prefixBytes + payload.length);
  mark.copy(frame);
  frame.writeUInt32BE(payload.length, mark.length);
  frame.writeUInt32BE(checksum(frame, payload), mark.length + 4);
  payload.copy(frame, prefixBytes);
  return frame;
}

/** What a file holds. */
export interface Frames {
  readonly values: readonly unknown[];
  /** Where the last whole frame ends: what comes behind it was being written when a process ended. 0 where not even the head is whole. */
  readonly end: number;
}

/**
 * Takes a file apart. Each frame was on the disk before the next one was begun, so that only the last one can be cut short: whatever
 * else is wrong is a damage.
 *
 * @throws {OutboxUnavailableError} where it is another program's, or a newer version's, or damaged.
 */
export function readFrames(path: string, bytes: Buffer): Frames {
  if (!hasHead(path, bytes)) return { values: [], end: 0 };
  const values: unknown[] = [];
  let end = heading.length;
  for (;;) {
    const payload = payloadAt(bytes, end);
    if (!payload) break;
    values.push(parse(path, payload));
    end += prefixBytes + payload.length;
  }
  const further = nextFrame(bytes, end + 1);
  if (further !== undefined) throw damaged(path, `is damaged from byte ${end} to ${further}`);
  return { values, end };
}

function parse(path: string, payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch (error) {
    throw damaged(path, "holds what is no JSON", error);
  }
}

/** Whether a file's head is whole. One that is cut short is no stranger's. */
function hasHead(path: string, bytes: Buffer): boolean {
  const found = bytes.subarray(0, heading.length);
  if (found.equals(heading)) return true;
  if (found.equals(heading.subarray(0, found.length))) return false;
  const [, newer] = new RegExp(`^${title}(\\d+)\n`).exec(bytes.subarray(0, 64).toString("latin1")) ?? [];
  if (Number(newer) > version) {
    const message = `"${path}" was written by a newer version of @eventwire/outbox: update this one.`;
    throw new OutboxUnavailableError("Newer", message);
  }
  throw new OutboxUnavailableError("Foreign", `"${path}" is no outbox: move it away, or use another folder.`);
}

function payloadAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + prefixBytes > bytes.length || !bytes.subarray(at, at + mark.length).equals(mark)) return undefined;
  const start = at + prefixBytes;
  const end = start + bytes.readUInt32BE(at + mark.length);
  if (end > bytes.length) return undefined;
  const payload = bytes.subarray(start, end);
  return checksum(bytes.subarray(at), payload) === bytes.readUInt32BE(at + mark.length + 4)
    ? payload
    : undefined;
}

/** Where the next whole frame begins, from a place on. */
function nextFrame(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(mark, from); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    // There is no mark in a payload: to look no further keeps the work to one pass, whatever the lengths say.
    const further = bytes.indexOf(mark, at + prefixBytes);
    if (payloadAt(further < 0 ? bytes : bytes.subarray(0, further), at)) return at;
  }
  return undefined;
}

/** Of a frame's length and payload. */
function checksum(frame: Buffer, payload: Buffer): number {
  return crc32(payload, crc32(frame.subarray(mark.length, mark.length + 4)));
}
