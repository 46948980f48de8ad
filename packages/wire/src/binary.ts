import { BinaryWriter } from "./binary-writer.js";
import { cutBytes } from "./cut-bytes.js";
import type { Outgoing, Packer } from "./outgoing.js";
import { PackedFrame, writeEvent } from "./packed-frame.js";
import { announcement, type Parts } from "./parts.js";
import type { ShapeSet } from "./shape-set.js";
import { ownShapes, ShapeTable, sharedShapes } from "./shape-table.js";
import type { Subject } from "./subject.js";

/** From how many bytes on what is written is not copied before it is cut into parts. */
const byReference = 16_384;

/**
 * Makes MessagePack of messages, and frames of them. One serves all peers of a hub, so that what it encodes is the same for all
 * of them; each is told of a shape before the first frame to it that needs that.
 */
export class Binary implements Packer {
  readonly table = new ShapeTable(sharedShapes);
  /** Writes values; not there while it does, for to read an event's data may call code that emits. */
  #idle: BinaryWriter | undefined;
  readonly #shared = this.open();

  pack(
    value: unknown,
    name: string,
    envelope = 0,
    table = this.table,
  ): { readonly bytes: Uint8Array; readonly shapes: ShapeSet } {
    return this.#writing((writer) => {
      writer.table = table;
      writer.value(value, name, -envelope);
      const { shapes } = writer;
      return { bytes: writer.take(), shapes };
    });
  }

  cut(
    message: Outgoing,
    subject: Subject,
    frameBytes: number,
  ): { readonly parts: Parts; readonly shapes: ShapeSet } {
    return this.#writing((writer) => {
      writer.table = this.table;
      if (message.head) writeEvent(writer, message.head, message);
      else message.write(writer);
      const { shapes } = writer;
      const pieces = writer.takePieces();
      const announced = (bytes: number) => {
        writer.json(announcement(bytes, subject));
        return writer.take();
      };
      return { parts: cutBytes(pieces, announced, frameBytes), shapes };
    });
  }

  frame(messages: readonly Outgoing[]): Uint8Array {
    for (const message of messages) this.#shared.add(message, Infinity);
    return this.#shared.take();
  }

  /** A table for what only one peer gets, whose numbers this one's has not. */
  ownTable(): ShapeTable {
    return new ShapeTable(ownShapes);
  }

  /** A frame that is written as its messages come. */
  open(): PackedFrame {
    return new PackedFrame(new BinaryWriter(this.table));
  }

  #writing<Result>(write: (writer: BinaryWriter) => Result): Result {
    const writer = this.#idle ?? new BinaryWriter(this.table, byReference);
    this.#idle = undefined;
    try {
      return write(writer);
    } finally {
      writer.reset();
      this.#idle = writer;
    }
  }
}
