import { BinaryWriter } from "./binary-writer.js";
import type { Outgoing, Packer } from "./outgoing.js";
import { ShapeTable } from "./shape-table.js";
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
      writer.array(time === null ? 4 : 5);
      writer.value("event", name);
      writer.value(name, name);
      this.#put(messages[from]!);
      writer.value(idOf(head), name);
      if (time !== null) writer.value(time, name);
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

  #put({ packed, text }: Outgoing): void {
    if (packed) this.#frames.raw(packed);
    else this.#frames.json(text!);
  }
}
