import type { Frame } from "@eventwire/core";

/** A value as text has it: what JSON lacks is tagged. */
export type Plain = unknown;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const tagged = (...tag: readonly unknown[]): Plain => ({ $: tag });

/**
 * Reads the frames of one link as the protocol's page has them, strictly, and gives what they hold in the form of text:
 * so a case expects the same of either form.
 */
export class Unpacking {
  readonly #shapes = new Map<number, readonly string[]>();
  #bytes = new Uint8Array();
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** The messages of a frame, without those that tell shapes. */
  read(frame: Frame): readonly Plain[] {
    return typeof frame === "string" ? this.#readText(frame) : this.#readBytes(frame);
  }

  #readText(frame: string): readonly Plain[] {
    const messages: unknown = JSON.parse(frame);
    if (!Array.isArray(messages)) throw new Error("A frame of text is no array.");
    return messages.filter((message) => !this.#learns(message));
  }

  #readBytes(frame: Uint8Array): readonly Plain[] {
    this.#bytes = Uint8Array.from(frame);
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = 0;
    const messages: Plain[] = [];
    while (this.#at < this.#bytes.length) {
      const message = this.#value();
      if (!this.#learns(message)) messages.push(message);
    }
    return messages;
  }

  /** Whether it tells a shape. */
  #learns(message: Plain): boolean {
    if (!Array.isArray(message) || message[0] !== "shape") return false;
    const [, number, names] = message as [string, number, string[]];
    if (this.#shapes.has(number)) throw new Error(`The shape ${number} was told twice.`);
    this.#shapes.set(number, names);
    return true;
  }

  #value(): Plain {
    const head = this.#take(1)[0]!;
    if (head < 0x80) return head;
    if (head < 0x90) return this.#object(head & 0x0f);
    if (head < 0xa0) return this.#array(head & 0x0f);
    if (head < 0xc0) return this.#text(head & 0x1f);
    if (head >= 0xe0) return head - 256;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc6:
        return tagged("bytes", btoa(String.fromCharCode(...this.#take(this.#unsigned(4)))));
      case 0xc8:
        return this.#extension(this.#unsigned(2));
      case 0xc9:
        return this.#extension(this.#unsigned(4));
      case 0xcb:
        return numberOf(this.#float());
      case 0xcc:
        return this.#unsigned(1);
      case 0xcd:
        return this.#unsigned(2);
      case 0xce:
        return this.#unsigned(4);
      case 0xd2:
        return this.#view.getInt32(this.#skip(4));
      case 0xd4:
        return this.#extension(1);
      case 0xd7:
        return this.#extension(8);
      case 0xdb:
        return this.#text(this.#unsigned(4));
      case 0xdc:
        return this.#array(this.#unsigned(2));
      case 0xdd:
        return this.#array(this.#unsigned(4));
      case 0xde:
        return this.#object(this.#unsigned(2));
      case 0xdf:
        return this.#object(this.#unsigned(4));
      default:
        throw new Error(`A value begins with the byte ${head}, which is not in the table.`);
    }
  }

  #array(length: number): Plain {
    const mark = this.#bytes.subarray(this.#at, this.#at + 3);
    if (length === 0 || mark[0] !== 0xd4 || mark[1] === 0) return this.#items(length);
    this.#skip(3);
    const items = this.#items(length - 1);
    switch (mark[1]) {
      case 1:
        return objectOf(this.#shape(mark[2]!).map((name, index) => [name, items[index]]));
      case 4:
        return tagged("map", pairs(items));
      case 5:
        return tagged("set", items);
      default:
        throw new Error(`An array begins with an extension of type ${mark[1]}.`);
    }
  }

  #shape(number: number): readonly string[] {
    const names = this.#shapes.get(number);
    if (!names) throw new Error(`The shape ${number} was used before it was told.`);
    return names;
  }

  #items(length: number): Plain[] {
    return Array.from({ length }, () => this.#value());
  }

  #object(length: number): Plain {
    return objectOf(Array.from({ length }, () => [this.#value() as string, this.#value()]));
  }

  #extension(length: number): Plain {
    const type = this.#take(1)[0]!;
    switch (type) {
      case 0:
        this.#skip(length);
        return tagged("undefined");
      case 2:
        return tagged("date", numberOf(this.#float()));
      case 3:
        return tagged("bigint", this.#text(length));
      case 6:
        return JSON.parse(this.#text(length));
      default:
        throw new Error(`An extension of type ${type} stands by itself.`);
    }
  }

  #text(length: number): string {
    return utf8.decode(this.#take(length));
  }

  #float(): number {
    return this.#view.getFloat64(this.#skip(8));
  }

  #unsigned(bytes: number): number {
    return this.#take(bytes).reduce((value, byte) => value * 256 + byte, 0);
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw new Error("A frame ends within a value.");
    this.#at += length;
    return at;
  }
}

function numberOf(value: number): Plain {
  return Number.isFinite(value) && !Object.is(value, -0)
    ? value
    : tagged("number", Object.is(value, -0) ? "-0" : String(value));
}

/** An object that looks like a tag is tagged. */
function objectOf(entries: readonly (readonly [string, Plain])[]): Plain {
  const [first] = entries;
  return entries.length === 1 && first![0] === "$" ? tagged("$", first![1]) : Object.fromEntries(entries);
}

function pairs(items: readonly Plain[]): readonly Plain[] {
  return items.flatMap((item, index) => (index % 2 === 0 ? [[item, items[index + 1]]] : []));
}
