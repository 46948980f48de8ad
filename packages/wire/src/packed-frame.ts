import type { BinaryWriter } from "./binary-writer.js";
import { maxMessages } from "./messages.js";
import type { EventHead, Outgoing } from "./outgoing.js";
import type { ShapeSet } from "./shape-set.js";
import { idOf } from "./text-frame.js";

/** The run that is being written: its events follow each other, and how many there are is filled in at its end. */
interface OpenRun {
  readonly head: EventHead;
  /** Where its length stands. */
  readonly at: number;
  readonly count: number;
  readonly number: number;
}

/**
 * A frame of bytes, written as its messages come. Where it is for one receiver alone, an event's data is put where it belongs at
 * once, and never made into bytes of its own.
 */
export class PackedFrame {
  readonly #writer: BinaryWriter;
  #run: OpenRun | undefined;
  /** How many messages are in it. */
  count = 0;
  /** Whether a message is being written: to read an event's data may call code that emits. */
  writing = false;

  constructor(writer: BinaryWriter) {
    this.#writer = writer;
  }

  get length(): number {
    return this.#writer.length;
  }

  /** The shapes that who reads it has to know. */
  get shapes(): ShapeSet {
    return this.#writer.shapes;
  }

  /**
   * Writes a message, unless the frame would be more than `most` bytes, or the message alone more than `largest`.
   *
   * @returns whether it was written. What was written before it stays.
   * @throws {InvalidError} when it cannot be encoded.
   */
  add(message: Outgoing, most: number, largest = most): boolean {
    if (this.count === maxMessages) return false;
    const { length: at, shapes } = this.#writer;
    const run = this.#run;
    let written = false;
    this.writing = true;
    try {
      this.#write(message);
      written = this.#writer.length <= most && this.#writer.length - at <= largest;
    } finally {
      this.writing = false;
      if (!written) {
        this.#writer.cut(at, shapes);
        this.#run = run;
      }
    }
    if (written) this.count += 1;
    return written;
  }

  /** The frame. */
  take(): Uint8Array {
    this.#endRun();
    this.count = 0;
    return this.#writer.take();
  }

  #write(message: Outgoing): void {
    const { head } = message;
    if (head?.number === undefined) {
      this.#endRun();
      if (head) writeEvent(this.#writer, head, message);
      else message.write(this.#writer);
      return;
    }
    let run = this.#run;
    if (!run || !goesOn(run, head)) run = this.#beginRun(head);
    const { number } = head;
    this.#writer.value(number - run.number, head.name);
    message.write(this.#writer);
    this.#run = { head: run.head, at: run.at, count: run.count + 1, number };
  }

  #beginRun(head: EventHead): OpenRun {
    const writer = this.#writer;
    const { name, prefix, time = null } = head;
    this.#endRun();
    const at = writer.openArray();
    writer.value("events", name);
    writer.value(name, name);
    writer.value(prefix, name);
    writer.value(time, name);
    return { head, at, count: 0, number: 0 };
  }

  #endRun(): void {
    const run = this.#run;
    if (run) this.#writer.closeArray(run.at, 4 + 2 * run.count);
    this.#run = undefined;
  }
}

function goesOn({ head, number }: OpenRun, next: EventHead): boolean {
  return (
    head.name === next.name && head.prefix === next.prefix && head.time === next.time && next.number! > number
  );
}

/** An event that is in no run. */
export function writeEvent(writer: BinaryWriter, head: EventHead, message: Outgoing): void {
  const { name, time } = head;
  writer.array(time === undefined ? 4 : 5);
  writer.value("event", name);
  writer.value(name, name);
  message.write(writer);
  writer.value(idOf(head), name);
  if (time !== undefined) writer.value(time, name);
}
