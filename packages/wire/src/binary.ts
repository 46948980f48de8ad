import { BinaryWriter } from "./binary-writer.js";
import { cutBytes } from "./cut-bytes.js";
import type { Outgoing, Packer } from "./outgoing.js";
import { announcement, type Parts } from "./parts.js";
import { ShapeTable } from "./shape-table.js";
import type { Subject } from "./subject.js";
import { idOf, runEnd } from "./text-frame.js";

/**
 * Makes MessagePack of messages, and frames of them. One serves all peers of a hub, so that what it encodes is the same for all
 * of them; each is told of the shapes before the first frame that needs them.
 */
export class Binary implements Packer {
  readonly #table = new ShapeTable();
  readonly #values = new BinaryWriter(this.#table);
  readonly #frames = new BinaryWriter(new ShapeTable());

  pack(value: unknown, name: string, envelope = 0): { readonly bytes: Uint8Array; readonly shapes: number } {
    const writer = this.#values;
    try {
      writer.value(value, name, -envelope);
      const { shapes } = writer;
      return { bytes: writer.take(), shapes };
    } catch (error) {
      writer.reset();
      throw error;
    }
  }

  cut(
    message: Outgoing,
    subject: Subject,
    frameBytes: number,
    data?: { readonly value: unknown },
  ): { readonly parts: Parts; readonly shapes: number } {
    const values = this.#values;
    const frames = this.#frames;
    try {
      if (data) values.value(data.value, message.head!.name);
      const { shapes } = values;
      const packed = data ? values.takePieces() : undefined;
      if (message.head) this.#event(message, packed);
      else this.#put(message);
      const pieces = frames.takePieces();
      const announced = (bytes: number) => {
        frames.json(announcement(bytes, subject));
        return frames.take();
      };
      return { parts: cutBytes(pieces, announced, frameBytes), shapes };
    } catch (error) {
      values.reset();
      throw error;
    }
  }

  /**
   * @param known how many shapes the receiver has been told of.
   * @param needed how many it has to know for these messages.
   */
  frame(messages: readonly Outgoing[], known: number, needed: number): Uint8Array {
    const writer = this.#frames;
    if (needed > known)
      writer.json(JSON.stringify(["shapes", known, this.#table.shapes.slice(known, needed)]));
    for (let index = 0; index < messages.length; ) {
      const end = runEnd(messages, index);
      const message = messages[index]!;
      if (message.head) this.#run(messages, index, end);
      else this.#put(message);
      index = end;
    }
    return writer.take();
  }

  #run(messages: readonly Outgoing[], from: number, end: number): void {
    const writer = this.#frames;
    const head = messages[from]!.head!;
    const { name, prefix, time = null } = head;
    if (end === from + 1) {
      this.#event(messages[from]!);
      return;
    }
    writer.array(4 + 2 * (end - from));
    writer.value("events", name);
    writer.value(name, name);
    writer.value(prefix, name);
    writer.value(time, name);
    let before = 0;
    for (let index = from; index < end; index++) {
      const number = messages[index]!.head!.number!;
      writer.value(number - before, name);
      this.#put(messages[index]!);
      before = number;
    }
  }

  /** @param packed its data, where the message does not have it. */
  #event(message: Outgoing, packed?: readonly Uint8Array[]): void {
    const writer = this.#frames;
    const head = message.head!;
    const { name, time } = head;
    writer.array(time === undefined ? 4 : 5);
    writer.value("event", name);
    writer.value(name, name);
    if (packed) for (const piece of packed) writer.raw(piece);
    else this.#put(message);
    writer.value(idOf(head), name);
    if (time !== undefined) writer.value(time, name);
  }

  #put({ packed, text }: Outgoing): void {
    if (packed) this.#frames.raw(packed);
    else this.#frames.json(text!);
  }
}
