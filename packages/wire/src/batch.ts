import type { Frame } from "@eventwire/core";
import type { Binary } from "./binary.js";
import type { Outgoing } from "./outgoing.js";
import { ShapeSet } from "./shape-set.js";
import { textFrame } from "./text-frame.js";

/**
 * The messages that a peer gets in one turn, as a list that all peers share that get the same: each message is the next step
 * from the ones before it, so peers that ask for the same events go the same way, whatever brought them onto it, and the frame
 * at its end is made once.
 */
export class Batch {
  readonly count: number;
  /** What it weighs while it waits. */
  readonly size: number;
  /** What a frame of it takes, in bytes, at most. */
  readonly atMost: number;
  readonly #before: Batch | undefined;
  readonly #message: Outgoing | undefined;
  readonly #isText: boolean;
  #next: Batch | undefined;
  #shapes: ShapeSet | undefined;
  #frame: Frame | undefined;

  /** Without arguments the empty one, where all begin. */
  constructor(before?: Batch, message?: Outgoing) {
    this.#before = before;
    this.#message = message;
    this.count = before ? before.count + 1 : 0;
    this.size = before && message ? before.size + message.size : 0;
    this.atMost = before && message ? before.atMost + message.atMost + 1 : 2;
    this.#isText = message === undefined || (before!.#isText && message.text !== undefined);
  }

  /** With one message more. Peers are gone through message by message, so that the last way taken is the one to look at. */
  next(message: Outgoing): Batch {
    const next = this.#next;
    if (next && next.#message === message) return next;
    this.#next = new Batch(this, message);
    return this.#next;
  }

  /** The turn is over: what it brought is not kept for who comes next. */
  forget(): void {
    this.#next = undefined;
  }

  /**
   * The shapes that who reads its frame has to know. Asked when the turn is over: what came into it as text may since have been
   * packed for others, and is then sent so.
   */
  get shapes(): ShapeSet {
    if (this.#shapes) return this.#shapes;
    let shapes = ShapeSet.none;
    for (let batch: Batch | undefined = this; batch; batch = batch.#before)
      if (batch.#message) shapes = shapes.union(batch.#message.shapes);
    this.#shapes = shapes;
    return shapes;
  }

  messages(): readonly Outgoing[] {
    const messages: Outgoing[] = new Array(this.count);
    let batch: Batch | undefined = this;
    for (let index = this.count - 1; index >= 0; index--) {
      messages[index] = batch!.#message!;
      batch = batch!.#before;
    }
    return messages;
  }

  /** Made once, for all who get it. */
  frame(binary: Binary | undefined): Frame {
    this.#frame ??= this.#isText || !binary ? textFrame(this.messages()) : binary.frame(this.messages());
    return this.#frame;
  }
}
