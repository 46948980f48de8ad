import type { Delivery, Key, Overflow } from "@eventwire/core";
import { encodeJson } from "@eventwire/core/attach";
import type { BinaryWriter } from "./binary-writer.js";
import { messageLevels } from "./frames.js";
import { cutText, type Parts, partFrameBytes } from "./parts.js";
import { ShapeSet } from "./shape-set.js";
import type { ShapeTable } from "./shape-table.js";
import { type Beginning, eventOrder, orderOf, type Subject } from "./subject.js";
import { eventText, idOf } from "./text-frame.js";
import { utf8Bytes } from "./utf8.js";

/** What an event is sent with besides its data. What one bus emits in a row shares all but the numbers. */
export interface EventHead {
  readonly name: string;
  readonly key: Key | undefined;
  readonly delivery: Delivery;
  readonly overflow: Overflow;
  /** Its id is the prefix, a dot and the number in base 36; of an event that came from a peer, the prefix is all of the id. */
  readonly prefix: string;
  readonly number: number | undefined;
  /** When it was emitted; `undefined` from a client, whose time is not believed. */
  readonly time: number | undefined;
}

/** What makes MessagePack of values, where both sides have agreed to it. */
export interface Packer {
  /**
   * @param envelope how many levels around the data do not count as depth. Default 0.
   * @param table where the shapes have their numbers from. Default: from where those of all that is shared have theirs.
   * @returns the bytes, and the shapes that who reads them has to know.
   */
  pack(
    value: unknown,
    name: string,
    envelope?: number,
    table?: ShapeTable,
  ): { readonly bytes: Uint8Array; readonly shapes: ShapeSet };
  /** Cuts a message into parts. */
  cut(
    message: Outgoing,
    subject: Subject,
    frameBytes: number,
  ): { readonly parts: Parts; readonly shapes: ShapeSet };
}

/** What surrounds an event's data in a frame: brackets, commas, quotes, numbers. */
const aroundEvent = 64;

/** A message on its way out: encoded once, however many peers get it. */
export class Outgoing {
  /** Of an event. */
  readonly head: EventHead | undefined;
  /** Its JSON text: of an event that of the data, else that of the message. */
  text: string | undefined;
  /** The same as MessagePack. */
  packed: Uint8Array | undefined;
  /** The shapes that who reads it as bytes has to know. */
  shapes = ShapeSet.none;
  readonly #beginning: Beginning | undefined;
  #bytes: number | undefined;
  /** Cut into parts of the usual size, once for all who get it so. */
  #textParts: Parts | undefined;
  protected packedParts: Parts | undefined;

  /** A message that is no event, as MessagePack. It is for one receiver alone. */
  static packed(
    packer: Packer,
    message: readonly unknown[],
    name: string,
    beginning: Beginning,
    table?: ShapeTable,
  ): Outgoing {
    const outgoing = new Outgoing(undefined, undefined, beginning);
    const { bytes, shapes } = packer.pack(message, name, messageLevels, table);
    outgoing.packed = bytes;
    outgoing.shapes = shapes;
    return outgoing;
  }

  /** @param beginning of what is no event: its type and, where it is of a request, its number. */
  constructor(head: EventHead | undefined, text?: string, beginning?: Beginning) {
    this.head = head;
    this.text = text;
    this.#beginning = beginning;
  }

  /** Whether it is so large that it is better packed. */
  get large(): boolean {
    return false;
  }

  /** Whether it is so large that it is better cut into parts at once. */
  get huge(): boolean {
    return false;
  }

  /** What it must not overtake, as what is sent in the same order. */
  get order(): string | undefined {
    if (this.head) return eventOrder(this.head.name, this.head.key);
    return this.#beginning && orderOf(this.#beginning);
  }

  get #subject(): Subject {
    return this.head
      ? ["event", idOf(this.head), this.head.name]
      : (this.#beginning!.slice(0, 3) as unknown as Subject);
  }

  /**
   * Makes the form that a receiver gets, where it is not made yet: text, unless there is a packer.
   *
   * @throws {InvalidError} when it cannot be encoded.
   */
  encode(_packer: Packer | undefined): void {
    // What is no event is made whole.
  }

  /** Puts it into a frame of bytes; of an event the data. */
  write(writer: BinaryWriter): void {
    if (this.packed) writer.raw(this.packed);
    else writer.json(this.text!);
  }

  /** What it was made of may change from now on. */
  seal(): void {
    // Nothing of that is kept.
  }

  /**
   * It, cut into parts: bytes where there is a packer.
   *
   * @param frameBytes how large a frame may be.
   */
  parts(packer: Packer | undefined, frameBytes: number): Parts {
    const made = packer ? this.packedParts : this.#textParts;
    if (made && frameBytes === partFrameBytes) return made;
    const parts = packer
      ? this.cut(packer, frameBytes)
      : cutText(this.head ? eventText(this.head, this.text!) : this.text!, this.#subject, frameBytes);
    if (frameBytes !== partFrameBytes) return parts;
    if (packer) this.packedParts = parts;
    else this.#textParts = parts;
    return parts;
  }

  protected cut(packer: Packer, frameBytes: number): Parts {
    const { parts, shapes } = packer.cut(this, this.#subject, frameBytes);
    this.shapes = this.shapes.union(shapes);
    return parts;
  }

  /** What it weighs while it waits: of text the characters, since to count its bytes takes as long as to make it. */
  get size(): number {
    return (this.packed?.length ?? this.packedParts?.bytes ?? this.text!.length) + this.#around;
  }

  /** What it takes in a frame, in bytes, at most. */
  get atMost(): number {
    return Math.max(this.#packedBytes, (this.text?.length ?? 0) * 3) + this.#around;
  }

  /** What it takes in a frame, in bytes; of an event a little less. */
  get bytes(): number {
    // It may become a text later, for another receiver.
    if (this.text !== undefined) this.#bytes ??= utf8Bytes(this.text);
    return Math.max(this.#bytes ?? 0, this.#packedBytes) + this.#around;
  }

  get #packedBytes(): number {
    return this.packed?.length ?? this.packedParts?.bytes ?? 0;
  }

  get #around(): number {
    // An id that a client chose may be all quotes, which take two characters each in JSON.
    return this.head ? this.head.name.length + 2 * this.head.prefix.length + aroundEvent : 0;
  }
}

/** An event on its way out, encoded when it is emitted, in each form that one of its receivers gets. */
export class OutgoingEvent extends Outgoing {
  #data: unknown;
  #sealed = false;
  #large: boolean | undefined;
  #huge: boolean | undefined;

  constructor(head: EventHead, data: unknown) {
    super(head);
    this.#data = data;
  }

  override encode(packer: Packer | undefined): void {
    if (this.#sealed) return;
    const { name } = this.head!;
    if (packer) {
      if (this.packed) return;
      const { bytes, shapes } = packer.pack(this.#data, name);
      this.packed = bytes;
      this.shapes = shapes;
    } else this.text ??= encodeJson(this.#data, name);
  }

  override write(writer: BinaryWriter): void {
    if (this.packed || this.text !== undefined) super.write(writer);
    else writer.value(this.#data, this.head!.name);
  }

  /** Looks at no more than that takes. */
  override get large(): boolean {
    this.#large ??= outweighs(this.#data, smallFrame) < 0;
    return this.#large;
  }

  override get huge(): boolean {
    this.#huge ??= this.large && outweighs(this.#data, partFrameBytes) < 0;
    return this.#huge;
  }

  /** Cuts it while what it is made of is there: large bytes are copied once, into the parts. */
  override parts(packer: Packer | undefined, frameBytes: number): Parts {
    if (packer && !this.#sealed && !this.packed && frameBytes === partFrameBytes)
      this.packedParts ??= this.cut(packer, frameBytes);
    return super.parts(packer, frameBytes);
  }

  override seal(): void {
    this.#sealed = true;
    this.#data = undefined;
  }
}

/** Frames up to so many bytes are text: over Socket.IO a binary one takes two packets. */
export const smallFrame = 1_000;

/** What is left of `budget` when the weight of a value is taken off it; less than nothing when it weighs more. */
export function outweighs(value: unknown, budget: number): number {
  if (typeof value === "string") return budget - value.length;
  if (typeof value !== "object" || value === null) return budget - 8;
  if (value instanceof Uint8Array) return budget - value.length;
  let left = budget - 8;
  // What holds itself ends here too.
  if (left < 0) return left;
  if (value instanceof Map || value instanceof Set) return left - value.size * 16;
  for (const key in value) {
    left = outweighs((value as Readonly<Record<string, unknown>>)[key], left - key.length);
    if (left < 0) break;
  }
  return left;
}
