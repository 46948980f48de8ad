import { type Frame, type Link, OverflowError, type Runtime } from "@eventwire/core";
import type { Binary } from "./binary.js";
import type { Counting } from "./counters.js";
import type { Credit } from "./credit.js";
import type { Flushes } from "./flushes.js";
import { encodeFrame, encodeMessage } from "./frames.js";
import type { Outgoing } from "./outgoing.js";
import { leastPartFrameBytes, partFrameBytes } from "./parts.js";
import { Patience } from "./patience.js";
import { ShapeSet } from "./shape-set.js";
import type { ShapeTable } from "./shape-table.js";
import { utf8Bytes } from "./utf8.js";

/** Frames that leave within so many milliseconds of each other follow closely. */
const closely = 1;
/** From so many on that follow closely, what comes may gather. */
const manyFrames = 4;

/** The way out of a channel: its frames, counted, in the order of what they tell, and no more of them than the other side takes. */
export class FrameOutput {
  readonly #link: Link;
  readonly #runtime: Runtime;
  readonly #counting: Counting;
  readonly #flushes: Flushes;
  readonly #tooSlow: { giveUp(message: string): void };
  /** The largest frame that the other side takes. */
  maxFrameBytes: number;
  /** Makes MessagePack, where the other side reads it. */
  binary: Binary | undefined;
  /** Of what only this peer gets, where others share the shapes of the rest. */
  #ownShapes: ShapeTable | undefined;
  /** The shapes that the other side was told. */
  #told = ShapeSet.none;
  /** The largest message that the other side takes in parts; 0 where it takes none. */
  #partsBytes = 0;
  /** Bounds what is on its way, from when the other side says what it has taken. */
  credit: Credit | undefined;
  /** Whether the link has to pass something on first. */
  full = false;
  /** While the other side has to take something before more is sent. */
  #patience: Patience | undefined;
  /** How many frames have left in close succession while nothing came, so that nobody waits for an answer. */
  #streak = 0;
  #lastSent = Number.NEGATIVE_INFINITY;
  #ended = false;

  /** @param tooSlow told when the other side has taken nothing for too long. */
  constructor(
    link: Link,
    runtime: Runtime,
    counting: Counting,
    flushes: Flushes,
    tooSlow: { giveUp(message: string): void },
  ) {
    this.#link = link;
    this.#runtime = runtime;
    this.#counting = counting;
    this.#flushes = flushes;
    this.#tooSlow = tooSlow;
    this.maxFrameBytes = link.facts.maxFrameBytes;
  }

  /** @param bytes the largest message that the other side takes in parts. Where frames are too small for them, none are sent. */
  speakParts(bytes: number): void {
    if (this.maxFrameBytes >= leastPartFrameBytes) this.#partsBytes = bytes;
  }

  get speaksParts(): boolean {
    return this.#partsBytes > 0;
  }

  /** The largest message that the other side takes. */
  get maxMessageBytes(): number {
    return this.#partsBytes || this.maxFrameBytes;
  }

  get partFrameBytes(): number {
    return Math.min(partFrameBytes, this.maxFrameBytes);
  }

  /** The largest frame that is sent as one message. */
  get wholeBytes(): number {
    return this.#partsBytes > 0 ? this.partFrameBytes : this.maxFrameBytes;
  }

  /**
   * Whether a message goes in parts, which wait their turn.
   *
   * @param mostWaiting how many bytes may wait here.
   * @throws {OverflowError} when it is more than the other side takes, or more than may wait.
   */
  cuts(message: Outgoing, mostWaiting: number): boolean {
    const { wholeBytes } = this;
    if (message.atMost + 2 <= wholeBytes) return false;
    const { bytes } = message;
    if (bytes + 2 <= wholeBytes) return false;
    // Without parts it has to fit into a frame, with what is around it.
    if (bytes > this.maxMessageBytes || !this.speaksParts)
      throw new OverflowError(
        `A message of ${bytes} bytes is over the ${this.maxMessageBytes} that the other side takes.`,
      );
    if (bytes <= mostWaiting) return true;
    throw new OverflowError(`A message of ${bytes} bytes is over the ${mostWaiting} that may wait here.`);
  }

  /** Whether nothing more is sent for now. */
  get blocked(): boolean {
    return this.full || this.credit?.exhausted === true;
  }

  /** Whether it has much to say while nobody waits for an answer. */
  get streams(): boolean {
    return this.#streak >= manyFrames && this.#runtime.monotonic() - this.#lastSent < closely;
  }

  /** Something came: what is sent next may be an answer. */
  heard(): void {
    this.#streak = 0;
    this.#lastSent = Number.NEGATIVE_INFINITY;
  }

  /** @param asks whether the other side is asked to say that it took it. */
  send(frame: Frame, asks = false): void {
    if (this.#ended) return;
    const bytes = this.#flushes.sizeOf(frame);
    const now = this.#runtime.monotonic();
    this.#streak = now - this.#lastSent < closely ? this.#streak + 1 : 0;
    this.#lastSent = now;
    this.#counting.frameLeft(bytes);
    if (!this.#link.send(frame)) this.full = true;
    const ask = this.credit?.spend(bytes, asks);
    if (ask !== undefined && !this.#link.send(`[["ping",${ask}]]`)) this.full = true;
    if (this.blocked) this.watch();
  }

  get ownShapes(): ShapeTable {
    this.#ownShapes ??= this.binary!.ownTable();
    return this.#ownShapes;
  }

  /** @param shapes what the other side has to know where the frame is of bytes. */
  sendMade(frame: Frame, shapes: ShapeSet): void {
    if (typeof frame !== "string") this.tell(shapes);
    this.send(frame);
  }

  /**
   * Tells those of these shapes that the other side was not told. No other side ever learns of them, and what is sent next is
   * the same for all that get it.
   */
  tell(shapes: ShapeSet): void {
    if (this.#told.includes(shapes)) return;
    const messages: string[] = [];
    for (const number of shapes.numbers()) {
      if (this.#told.has(number)) continue;
      const names = this.binary!.table.names(number) ?? this.#ownShapes!.names(number)!;
      messages.push(encodeMessage(["shape", number, names]));
    }
    this.#told = this.#told.union(shapes);
    const frame = encodeFrame(messages);
    if (utf8Bytes(frame) <= this.maxFrameBytes) this.send(frame);
    else for (const message of messages) this.send(encodeFrame([message]));
  }

  /** Something waits until the other side has taken what was sent. */
  watch(): void {
    if (this.#ended) return;
    this.#patience ??= new Patience(
      this.#runtime,
      () => (this.credit?.moved ?? 0) - this.#link.bufferedBytes,
      (message) => this.#tooSlow.giveUp(message),
    );
  }

  /** Nothing waits for the other side. */
  relax(): void {
    this.#patience?.end();
    this.#patience = undefined;
  }

  end(): void {
    this.#ended = true;
    this.relax();
  }
}
