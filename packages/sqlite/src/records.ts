import type { Append, Key, LogRecord } from "@eventwire/core";

/*
 * An event in bytes, as it goes between the threads and as the file keeps it, little-endian:
 *
 *   0  u32  length of all of it
 *   4  u32  its offset, from the first of what it is kept with
 *   8  u32  its name: a number from 1 on, of the file's names, or on its way in of those beside it
 *  12  u16  length of its id
 *  14  u16  length of its key
 *  16  u8   its shard
 *  17  u8   the kind of its key: 0 none, 1 text, 2 a number (f64)
 *  18  u16  0
 *  20  f64  when it was emitted
 *  28  u32  of a note, the name of what it is about, as its name; otherwise 0
 *  32       its id, key and body
 */
const headerBytes = 32;

export const maxTextBytes = 0xffff;

const noKey = 0;
const textKey = 1;
const numberKey = 2;

/** Events behind one another in bytes. They are read in place, so that what nobody wants costs little. */
export class Records {
  readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where each of them begins. */
  *places(): Generator<number> {
    for (let at = 0; at < this.bytes.length; at = this.next(at)) yield at;
  }

  /** Where the record after the one at `at` begins. */
  next(at: number): number {
    return at + this.bytes.readUInt32LE(at);
  }

  /** Whether they are so many, each whole, with deltas that rise up to `last`. */
  areWhole(count: number, last: number): boolean {
    let left = count;
    let before = -1;
    for (let at = 0; at < this.bytes.length; at = this.next(at), left -= 1) {
      if (!this.#isWhole(at) || this.delta(at) <= before) return false;
      before = this.delta(at);
    }
    return left === 0 && before <= last;
  }

  delta(at: number): number {
    return this.bytes.readUInt32LE(at + 4);
  }

  setDelta(at: number, delta: number): void {
    this.bytes.writeUInt32LE(delta, at + 4);
  }

  name(at: number): number {
    return this.bytes.readUInt32LE(at + 8);
  }

  setName(at: number, name: number): void {
    this.bytes.writeUInt32LE(name, at + 8);
  }

  /** 0 where it is no note. */
  about(at: number): number {
    return this.bytes.readUInt32LE(at + 28);
  }

  setAbout(at: number, name: number): void {
    this.bytes.writeUInt32LE(name, at + 28);
  }

  shard(at: number): number {
    return this.bytes[at + 16]!;
  }

  id(at: number): string {
    return this.bytes.toString("utf8", at + headerBytes, this.#keyAt(at));
  }

  key(at: number): Key | undefined {
    const kind = this.bytes[at + 17];
    if (kind === noKey) return undefined;
    const from = this.#keyAt(at);
    return kind === numberKey
      ? this.bytes.readDoubleLE(from)
      : this.bytes.toString("utf8", from, this.#bodyAt(at));
  }

  /** As it lies there. */
  body(at: number): Uint8Array {
    const { bytes } = this;
    const from = this.#bodyAt(at);
    return new Uint8Array(bytes.buffer, bytes.byteOffset + from, this.next(at) - from);
  }

  time(at: number): number {
    return this.bytes.readDoubleLE(at + 20);
  }

  bodyBytes(at: number): number {
    return this.next(at) - this.#bodyAt(at);
  }

  /** @param base what its delta counts from. */
  record(at: number, base: number, name: string): LogRecord {
    return {
      id: this.id(at),
      name,
      key: this.key(at),
      time: this.time(at),
      body: this.body(at),
      offset: base + this.delta(at),
    };
  }

  #isWhole(at: number): boolean {
    if (at + headerBytes > this.bytes.length) return false;
    const length = this.bytes.readUInt32LE(at);
    const texts = this.bytes.readUInt16LE(at + 12) + this.bytes.readUInt16LE(at + 14);
    return length >= headerBytes + texts && at + length <= this.bytes.length;
  }

  #keyAt(at: number): number {
    return at + headerBytes + this.bytes.readUInt16LE(at + 12);
  }

  #bodyAt(at: number): number {
    return this.#keyAt(at) + this.bytes.readUInt16LE(at + 14);
  }
}

/** An event, or a task. */
export type Recorded = Pick<Append, "id" | "name" | "key" | "time" | "body"> &
  Partial<Pick<Append, "shard" | "about">>;

/** Writes events behind one another. What was written is not touched by a later change of the event. */
export class RecordWriter {
  #bytes = Buffer.allocUnsafeSlow(firstSize);
  #length = 0;
  #names = new Map<string, number>();

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /** Takes back what was written beyond so many bytes. */
  cut(length: number): void {
    this.#length = length;
  }

  add({ id, name, key, shard = 0, about, time, body }: Recorded): void {
    const text = typeof key === "string" ? key : "";
    const at = this.#length;
    this.#reserve(headerBytes + 3 * (id.length + text.length) + 8 + body.length);
    const bytes = this.#bytes;
    let end = at + headerBytes;
    const idBytes = bytes.write(id, end);
    end += idBytes;
    const keyAt = end;
    if (typeof key === "number") end = bytes.writeDoubleLE(key, end);
    else end += bytes.write(text, end);
    const keyBytes = end - keyAt;
    bytes.set(body, end);
    end += body.length;
    bytes.writeUInt32LE(end - at, at);
    bytes.writeUInt32LE(0, at + 4);
    bytes.writeUInt32LE(this.#indexOf(name), at + 8);
    bytes.writeUInt16LE(idBytes, at + 12);
    bytes.writeUInt16LE(keyBytes, at + 14);
    bytes[at + 16] = shard;
    bytes[at + 17] = key === undefined ? noKey : typeof key === "number" ? numberKey : textKey;
    bytes.writeUInt16LE(0, at + 18);
    bytes.writeDoubleLE(time, at + 20);
    bytes.writeUInt32LE(about === undefined ? 0 : this.#indexOf(about), at + 28);
    this.#length = end;
  }

  /** What was written since the last time, in a buffer of its own. */
  take(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly names: readonly string[] } {
    const bytes = new Uint8Array(this.#bytes.buffer, 0, this.#length);
    const names = [...this.#names.keys()];
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(largestFirst, Math.max(firstSize, 2 * this.#length)));
    this.#length = 0;
    this.#names.clear();
    return { bytes, names };
  }

  #indexOf(name: string): number {
    let index = this.#names.get(name);
    if (index === undefined) {
      index = this.#names.size + 1;
      this.#names.set(name, index);
    }
    return index;
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** How many bytes a writer begins with, at least and at most. */
const firstSize = 4_096;
const largestFirst = 2 ** 20;
