import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../store-error.js";

/*
 * SQLite takes the first frame of a write-ahead log that is not right for its end, and drops what comes after. That is what
 * a crash leaves: a last transaction that nobody was told of. But where transactions follow that are right in themselves,
 * it is a damage, and what it would drop was acknowledged. The format: https://sqlite.org/fileformat2.html#walformat
 */

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The magic number with its lowest bit clear; that bit says that checksums are of big-endian words. */
const magic = 0x377f0682;

/** How often a damage is looked for again: other processes may be writing. */
const looks = 3;
/** In milliseconds. */
const lookAgain = 10;

/** What is not right: a frame, counted from 0, or what stands before them. */
export type Damage = number | "header";

/**
 * Looks at the write-ahead log that another process, or a crash, has left beside a file.
 *
 * @throws {StoreError} when committed transactions lie behind what is damaged.
 */
export function checkWal(path: string): void {
  for (let look = 1; ; look++) {
    const damage = walDamage(`${path}-wal`);
    if (damage === undefined) return;
    if (look < looks) continue;
    const place = damage === "header" ? "its header" : `frame ${damage}`;
    throw new StoreError(
      "StoreDamaged",
      `"${path}-wal" is damaged at ${place}, and acknowledged events lie behind it: restore a backup, or move "${path}-wal" away to go on without what it holds.`,
    );
  }
}

/**
 * Whether the write-ahead log was taken away from beside a file, and what it held with it: SQLite removes both files that it keeps there,
 * this one first, and a crash leaves both.
 */
export async function hasLostWal(path: string): Promise<boolean> {
  for (let look = 1; existsSync(`${path}-shm`) && !existsSync(`${path}-wal`); look++) {
    if (look === looks) return true;
    // Another process may be removing them.
    await sleep(lookAgain);
  }
  return false;
}

/** The first that is not right though transactions of the same run follow it. */
export function walDamage(wal: string): Damage | undefined {
  let file: number;
  try {
    file = openSync(wal, "r");
  } catch {
    // There is none, or SQLite will say why it cannot be read.
    return undefined;
  }
  try {
    const header = read(file, 0, headerBytes);
    const found = header && damage(file, header);
    if (found === undefined) return undefined;
    // Who begins it anew meanwhile begins with its header.
    return read(file, 0, headerBytes)?.equals(header!) ? found : undefined;
  } finally {
    closeSync(file);
  }
}

function damage(file: number, header: Buffer): Damage | undefined {
  const word = header.readUInt32BE(0);
  const bigEndian = (word & 1) === 1;
  const pageBytes = header.readUInt32BE(8);
  const { size } = fstatSync(file);
  const sum = checksum([0, 0], header.subarray(0, 24), bigEndian);
  const isWhole = (word & ~1) >>> 0 === magic && sameSum(sum, header, 24);
  if (!isWhole || pageBytes < 512 || pageBytes > 65_536) {
    // The first frame is written when the header has been synced.
    return size > headerBytes ? "header" : undefined;
  }

  const salts = header.subarray(16, 24);
  const frameBytes = frameHeaderBytes + pageBytes;
  const frames = Math.floor((size - headerBytes) / frameBytes);
  let wrong: number | undefined;
  let committed = false;
  /** What the frame before says of itself. */
  let stored: Sum = sum;
  /** The pages of the transaction that is wrong, and whether one comes again: then it is two. */
  const pages = new Set<number>();
  let again = false;
  /** Whether what lies behind is of several, that were killed and written over: neither goes on from the other. */
  let leftovers = false;
  for (let index = 0; index < frames; index++) {
    const frame = read(file, headerBytes + index * frameBytes, frameBytes);
    if (!frame) return undefined;
    const ours = frame.subarray(8, 16).equals(salts);
    const page = frame.readUInt32BE(0);
    const commits = ours && frame.readUInt32BE(4) !== 0;
    const start = checksum(stored, frame.subarray(0, 8), bigEndian);
    const follows = ours && sameSum(checksum(start, frame.subarray(frameHeaderBytes), bigEndian), frame, 16);
    stored = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
    if (wrong !== undefined) {
      // What goes on from a commit was written when that had been synced.
      if (committed && follows) return wrong;
      if (!follows && index > wrong + 1) leftovers = true;
      if (ours) again ||= pages.has(page);
      if (commits && again && !leftovers) return wrong;
    } else if (!follows) wrong = index;
    if (follows && commits && wrong === undefined) pages.clear();
    else if (ours && index !== wrong) pages.add(page);
    committed = commits;
  }
  return undefined;
}

type Sum = readonly [number, number];

function checksum([one, two]: Sum, bytes: Buffer, bigEndian: boolean): Sum {
  let first = one;
  let second = two;
  for (let at = 0; at < bytes.length; at += 8) {
    const low = bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    const high = bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4);
    first = (first + low + second) >>> 0;
    second = (second + high + first) >>> 0;
  }
  return [first, second];
}

function sameSum([one, two]: Sum, bytes: Buffer, at: number): boolean {
  return bytes.readUInt32BE(at) === one && bytes.readUInt32BE(at + 4) === two;
}

function read(file: number, from: number, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  return readSync(file, bytes, 0, length, from) === length ? bytes : undefined;
}
