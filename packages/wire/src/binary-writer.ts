import { InvalidError } from "@eventwire/core";
import { encodeJson, isPlain, maxDepth } from "@eventwire/core/attach";
import { shortText } from "./ascii.js";
import { extension } from "./binary-types.js";
import { ShapeSet } from "./shape-set.js";
import type { ShapeTable } from "./shape-table.js";

const utf8 = new TextEncoder();
/** Half of a pair of surrogates; the pairs are characters. */
const surrogate = /\p{Surrogate}/u;

type Plain = Readonly<Record<string, unknown>>;

/**
 * Writes values as MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), with the same types, the same
 * depth and the same refusals as the JSON of a link.
 */
export class BinaryWriter {
  /** Where the shapes of objects have their numbers from. */
  table: ShapeTable;
  readonly #byReference: number;
  #bytes = new Uint8Array(65_536);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  /** What was written before what is in the buffer. */
  #pieces: Uint8Array[] = [];
  /** The shapes that who reads what was written has to know. */
  shapes = ShapeSet.none;
  #name = "";

  /** @param byReference from how many bytes on what is written is not copied until it is taken. */
  constructor(table: ShapeTable, byReference = Number.POSITIVE_INFINITY) {
    this.table = table;
    this.#byReference = byReference;
  }

  /** How many bytes were written since they were last taken, where all of them are copied. */
  get length(): number {
    return this.#at;
  }

  /** Forgets what was written from a place on, where all of it is copied, and the shapes that only that has. */
  cut(at: number, shapes: ShapeSet): void {
    this.#at = at;
    this.shapes = shapes;
  }

  /** What was written since it was last taken, as bytes of its own. */
  take(): Uint8Array {
    if (this.#pieces.length > 0) return joined(this.takePieces());
    const bytes = this.#bytes.slice(0, this.#at);
    this.reset();
    return bytes;
  }

  /** The same in pieces. The large ones are the very bytes that were written: who takes them copies them before they change. */
  takePieces(): readonly Uint8Array[] {
    this.#cut();
    const pieces = this.#pieces;
    this.reset();
    return pieces;
  }

  /** Forgets what was written. What one very large message needed is not kept. */
  reset(): void {
    this.#at = 0;
    this.#pieces = [];
    this.shapes = ShapeSet.none;
    if (this.#bytes.length > 4_194_304) this.#resize(65_536);
  }

  /**
   * @param name the message that the value is of.
   * @throws {InvalidError} when it holds what cannot be sent, or nests too deep.
   */
  value(value: unknown, name: string, depth = 0): void {
    this.#name = name;
    this.#write(value, depth);
  }

  /** What is already written. */
  raw(bytes: Uint8Array): void {
    if (bytes.length >= this.#byReference) {
      this.#cut();
      this.#pieces.push(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  array(length: number): void {
    this.#reserve(5);
    this.#head(length, 0x90, 16, 0xdc);
  }

  /** An array whose length is not known yet. @returns what `closeArray` takes. */
  openArray(): number {
    this.#reserve(3);
    this.#bytes[this.#at] = 0xdc;
    this.#at += 3;
    return this.#at - 2;
  }

  /** @param length up to 65,535. */
  closeArray(opened: number, length: number): void {
    this.#view.setUint16(opened, length);
  }

  /** A value whose JSON text is at hand. */
  json(text: string): void {
    const bytes = utf8.encode(text);
    this.#reserve(6);
    this.#bytes[this.#at] = 0xc9;
    this.#view.setUint32(this.#at + 1, bytes.length);
    this.#bytes[this.#at + 5] = extension.json;
    this.#at += 6;
    this.raw(bytes);
  }

  #write(value: unknown, depth: number): void {
    // What JSON tags is a level there, so it is one here.
    if (depth >= maxDepth && !isPlain(value))
      throw this.#refused(`it nests deeper than ${maxDepth}, or holds itself`);
    this.#reserve(16);
    switch (typeof value) {
      case "string":
        this.#text(value);
        return;
      case "number":
        this.#number(value);
        return;
      case "boolean":
        this.#bytes[this.#at++] = value ? 0xc3 : 0xc2;
        return;
      case "object":
        if (value === null) this.#bytes[this.#at++] = 0xc0;
        else this.#object(value, depth);
        return;
      case "undefined":
        this.#mark(extension.undefined, 0);
        return;
      case "bigint":
        this.#bigint(value);
        return;
      default:
        throw this.#refused(`a ${typeof value} cannot be encoded`);
    }
  }

  #object(value: object, depth: number): void {
    if (Array.isArray(value)) {
      this.#head(value.length, 0x90, 16, 0xdc);
      for (let index = 0; index < value.length; index++) this.#write(value[index], depth + 1);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) this.#properties(value as Plain, depth);
    else this.#instance(value, depth);
  }

  #instance(value: object, depth: number): void {
    if (value instanceof Date) this.#date(value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (value instanceof Map) {
      this.#head(value.size * 2 + 1, 0x90, 16, 0xdc);
      this.#mark(extension.map, 0);
      for (const [key, item] of value) {
        this.#write(key, depth + 2);
        this.#write(item, depth + 2);
      }
    } else if (value instanceof Set) {
      this.#head(value.size + 1, 0x90, 16, 0xdc);
      this.#mark(extension.set, 0);
      for (const item of value) this.#write(item, depth + 1);
    } else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      throw this.#refused("of bytes, only a Uint8Array can be encoded");
    } else this.#properties(value as Plain, depth);
  }

  #properties(value: Plain, depth: number): void {
    if ("toJSON" in value && typeof value.toJSON === "function") {
      this.#write(value.toJSON(), depth + 1);
      return;
    }
    if ("then" in value && typeof value.then === "function") {
      throw this.#refused("a promise cannot be encoded; await it first");
    }
    const shape = this.table.of(value, this.#name);
    if (shape < 0) {
      this.#map(value, depth);
      return;
    }
    this.shapes = this.shapes.with(shape);
    this.#head(this.table.names(shape)!.length + 1, 0x90, 16, 0xdc);
    this.#mark(extension.shape, shape);
    for (const key in value) {
      const item = value[key];
      if (item !== undefined) this.#write(item, depth + 1);
    }
  }

  #map(value: Plain, depth: number): void {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined && key !== "__proto__");
    this.#head(keys.length, 0x80, 16, 0xde);
    for (const key of keys) {
      this.#reserve(16);
      this.#text(key);
      this.#write(value[key], depth + 1);
    }
  }

  /** The head of an array or a map, for which there is room. */
  #head(length: number, short: number, shortest: number, long: number): void {
    this.#reserve(5);
    if (length < shortest) this.#bytes[this.#at++] = short | length;
    else if (length < 65_536) {
      this.#bytes[this.#at] = long;
      this.#view.setUint16(this.#at + 1, length);
      this.#at += 3;
    } else {
      this.#bytes[this.#at] = long + 1;
      this.#view.setUint32(this.#at + 1, length);
      this.#at += 5;
    }
  }

  /** An extension of one byte. */
  #mark(type: number, data: number): void {
    this.#reserve(3);
    const bytes = this.#bytes;
    bytes[this.#at++] = 0xd4;
    bytes[this.#at++] = type;
    bytes[this.#at++] = data;
  }

  #number(value: number): void {
    const bytes = this.#bytes;
    const integer = value | 0;
    if (integer !== value || (value === 0 && 1 / value < 0)) {
      bytes[this.#at] = 0xcb;
      this.#view.setFloat64(this.#at + 1, value);
      this.#at += 9;
    } else if (integer >= 0) {
      if (integer < 0x80) bytes[this.#at++] = integer;
      else if (integer < 0x1_00) {
        bytes[this.#at++] = 0xcc;
        bytes[this.#at++] = integer;
      } else if (integer < 0x1_00_00) {
        bytes[this.#at++] = 0xcd;
        bytes[this.#at++] = integer >> 8;
        bytes[this.#at++] = integer;
      } else {
        bytes[this.#at] = 0xce;
        this.#view.setUint32(this.#at + 1, integer);
        this.#at += 5;
      }
    } else if (integer >= -32) bytes[this.#at++] = 0x1_00 + integer;
    else {
      bytes[this.#at] = 0xd2;
      this.#view.setInt32(this.#at + 1, integer);
      this.#at += 5;
    }
  }

  #text(text: string): void {
    const { length } = text;
    if (length <= shortText && this.#letters(text)) return;
    // What is no Unicode would be another text after UTF-8; JSON escapes it.
    if (surrogate.test(text)) {
      this.json(encodeJson(text, this.#name));
      return;
    }
    this.#reserve(length * 3 + 5);
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(this.#at + 5));
    this.#bytes[this.#at] = 0xdb;
    this.#view.setUint32(this.#at + 1, written);
    this.#at += 5 + written;
  }

  /** Writes a text of ASCII, of up to 31 letters. @returns false where it is another one. */
  #letters(text: string): boolean {
    const { length } = text;
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    const at = this.#at + 1;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) return false;
      bytes[at + index] = unit;
    }
    bytes[this.#at] = 0xa0 | length;
    this.#at = at + length;
    return true;
  }

  #binary(value: Uint8Array): void {
    this.#reserve(5);
    this.#bytes[this.#at] = 0xc6;
    this.#view.setUint32(this.#at + 1, value.length);
    this.#at += 5;
    this.raw(value);
  }

  #date(value: Date): void {
    this.#bytes[this.#at] = 0xd7;
    this.#bytes[this.#at + 1] = extension.date;
    this.#view.setFloat64(this.#at + 2, value.getTime());
    this.#at += 10;
  }

  #bigint(value: bigint): void {
    const digits = value.toString();
    if (digits.length > 4_096) throw this.#refused("a bigint has over 4096 digits");
    const bytes = utf8.encode(digits);
    this.#reserve(bytes.length + 4);
    this.#bytes[this.#at] = 0xc8;
    this.#view.setUint16(this.#at + 1, bytes.length);
    this.#bytes[this.#at + 3] = extension.bigint;
    this.#at += 4;
    this.raw(bytes);
  }

  #refused(message: string): InvalidError {
    return new InvalidError(this.#name, [{ message, path: [] }]);
  }

  /** What is in the buffer becomes a piece. */
  #cut(): void {
    if (this.#at > 0) this.#pieces.push(this.#bytes.slice(0, this.#at));
    this.#at = 0;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, this.#bytes.length * 2));
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
