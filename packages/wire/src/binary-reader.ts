import { decodeJson, isPlain, maxDepth } from "@eventwire/core/attach";
import { readAscii, shortText } from "./ascii.js";
import { extension, maxShapeNames, partHead, type Shape } from "./binary-types.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const maxBigintDigits = 4_096;
/** What a reader is at between two frames, shared by all. */
const nothing: Uint8Array = new Uint8Array();
const viewOfNothing = new DataView(nothing.buffer);

/** What every object of a shape begins as: its properties are there, so that they are set and not added. */
interface Blank {
  readonly shape: Shape;
  readonly object: Readonly<Record<string, undefined>>;
}

/**
 * Reads what a BinaryWriter wrote, in one pass that is bounded by its input: no length is believed beyond the bytes that are
 * there, no nesting beyond the depth, and nothing gets a prototype or a `__proto__`.
 */
export class BinaryReader {
  readonly #blanks: Blank[] = [];
  /** How long the names of all shapes are together. */
  #names = 0;
  #bytes = nothing;
  #view = viewOfNothing;
  #at = 0;
  /** Whether the bytes belong to nobody else. */
  #owned = false;

  /** Begins with a frame. */
  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#owned = false;
  }

  /**
   * The other side names the properties of the objects of a shape.
   *
   * @param number from 0 to 255.
   * @throws {SyntaxError} when it has named that of this number before, or all names together are too long.
   */
  define(number: number, shape: Shape): void {
    if (this.#blanks[number]) throw malformed(`the shape ${number} was told before`);
    this.#names += shape.reduce((sum, key) => sum + key.length, 0);
    if (this.#names > maxShapeNames) throw malformed("the names of its shapes are too long together");
    this.#blanks[number] = { shape, object: Object.fromEntries(shape.map((key) => [key, undefined])) };
  }

  /** Forgets the frame, so that it is not kept alive. */
  close(): void {
    this.#bytes = nothing;
    this.#view = viewOfNothing;
    this.#at = 0;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /**
   * The next value of the frame.
   *
   * @param envelope how many levels around the data do not count as depth.
   * @throws {SyntaxError} when it is malformed, or nests too deep.
   */
  next(envelope: number): unknown {
    return this.#read(-envelope);
  }

  /** The bytes of a part where one is next. They are those of the frame, for they are copied when parts are put together. */
  part(): Uint8Array | undefined {
    if (!partHead.every((byte, index) => this.#bytes[this.#at + index] === byte)) return undefined;
    this.#at += partHead.length;
    const length = this.#uint32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /**
   * The value that these bytes are. They may be given out as a part of it, where they are most of it.
   *
   * @throws {SyntaxError} as {@link next} does, and when there is more than one.
   */
  whole(bytes: Uint8Array, envelope: number): unknown {
    this.open(bytes);
    this.#owned = true;
    try {
      const value = this.next(envelope);
      if (!this.ended) throw malformed("more follows it");
      return value;
    } finally {
      this.close();
    }
  }

  #read(depth: number): unknown {
    const type = this.#byte();
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 0x0f, depth);
    if (type < 0xa0) return this.#array(type & 0x0f, depth);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x1_00;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xcc:
        return this.#byte();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#array(this.#uint16(), depth);
      case 0xdd:
        return this.#array(this.#uint32(), depth);
      case 0xde:
        return this.#map(this.#uint16(), depth);
      case 0xdf:
        return this.#map(this.#uint32(), depth);
    }
    const value = this.#tagged(type, depth);
    // What JSON tags is a level there, so it is one here.
    if (depth >= maxDepth && !isPlain(value)) throw tooDeep();
    return value;
  }

  /** What JSON has a tag for, at least at times. */
  #tagged(type: number, depth: number): unknown {
    switch (type) {
      case 0xc6:
        return this.#binary(this.#uint32());
      case 0xc8:
        return this.#extension(this.#uint16(), depth);
      case 0xc9:
        return this.#extension(this.#uint32(), depth);
      case 0xcb:
        return this.#view.getFloat64(this.#take(8));
      case 0xd4:
        return this.#extension(1, depth);
      case 0xd7:
        return this.#extension(8, depth);
      default:
        throw malformed(`a value begins with the byte ${type}`);
    }
  }

  #array(length: number, depth: number): unknown {
    this.#descend(length, depth);
    const bytes = this.#bytes;
    const at = this.#at;
    if (length > 0 && bytes[at] === 0xd4) {
      const data = bytes[at + 2]!;
      switch (bytes[at + 1]) {
        case extension.shape:
          this.#take(3);
          return this.#shaped(data, length - 1, depth + 1);
        case extension.map:
          this.#take(3);
          return this.#pairs(length - 1, depth + 2);
        case extension.set:
          this.#take(3);
          return new Set(this.#items(length - 1, depth + 1));
      }
    }
    return this.#items(length, depth + 1);
  }

  #items(length: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) items.push(this.#read(depth));
    return items;
  }

  #pairs(length: number, depth: number): Map<unknown, unknown> {
    if (length % 2 === 1) throw malformed("a Map has a key without a value");
    if (depth > maxDepth) throw tooDeep();
    const map = new Map<unknown, unknown>();
    for (let index = 0; index < length; index += 2) map.set(this.#read(depth), this.#read(depth));
    return map;
  }

  #shaped(number: number, length: number, depth: number): object {
    const blank = this.#blanks[number];
    if (!blank || blank.shape.length !== length)
      throw malformed("an object has a shape that was not told so");
    const { shape } = blank;
    const object: Record<string, unknown> = { ...blank.object };
    for (let index = 0; index < length; index++) object[shape[index]!] = this.#read(depth);
    return object;
  }

  #map(length: number, depth: number): object {
    this.#descend(length * 2, depth);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < length; index++) {
      const key = this.#read(depth + 1);
      if (typeof key !== "string") throw malformed("an object has a property that is no text");
      const value = this.#read(depth + 1);
      if (key !== "__proto__") object[key] = value;
    }
    return object;
  }

  /** @param values how many follow, each of at least one byte. */
  #descend(values: number, depth: number): void {
    if (depth >= maxDepth) throw tooDeep();
    if (values > this.#bytes.length - this.#at) throw cutShort();
  }

  #text(length: number): string {
    const at = this.#take(length);
    return (length <= shortText && readAscii(this.#bytes, at, length)) || this.#decode(at, length);
  }

  #decode(at: number, length: number): string {
    try {
      return utf8.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw malformed("a text is no UTF-8");
    }
  }

  /** A copy, for the frame may be much larger; and no subclass, such as the Buffer that a frame is in Node. */
  #binary(length: number): Uint8Array {
    const at = this.#take(length);
    if (this.#owned && length * 2 > this.#bytes.length) return this.#bytes.subarray(at, at + length);
    return new Uint8Array(this.#bytes.subarray(at, at + length));
  }

  #extension(length: number, depth: number): unknown {
    const type = this.#byte();
    const at = this.#take(length);
    switch (type) {
      case extension.undefined:
        if (length === 1) return undefined;
        break;
      case extension.date:
        if (length === 8) return new Date(this.#view.getFloat64(at));
        break;
      case extension.bigint: {
        const digits = length <= maxBigintDigits ? this.#decode(at, length) : "";
        if (/^-?\d+$/.test(digits)) return BigInt(digits);
        break;
      }
      case extension.json:
        return decodeJson(this.#decode(at, length), -depth);
    }
    throw malformed(`an extension of type ${type} is malformed or unknown`);
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #uint16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** @returns where the next bytes are. */
  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw cutShort();
    this.#at = at + length;
    return at;
  }
}

function tooDeep(): SyntaxError {
  return malformed(`it nests deeper than ${maxDepth}`);
}

function cutShort(): SyntaxError {
  return malformed("it ends too early");
}

function malformed(message: string): SyntaxError {
  return new SyntaxError(message);
}
