import type { Runtime } from "@eventwire/core";
import type { FrameOutput } from "./frame-output.js";
import { encodeMessage } from "./frames.js";
import { maxMessages } from "./messages.js";
import { Outgoing } from "./outgoing.js";
import { PartPace } from "./part-pace.js";
import { SendQueue } from "./send-queue.js";
import { ShapeSet } from "./shape-set.js";
import { type Beginning, orderOf } from "./subject.js";
import { textFrame } from "./text-frame.js";

/** What a channel could not send in its turn, and sends when the other side takes more: what is small and what goes in parts, by turns. */
export class Backlog {
  readonly #runtime: Runtime;
  readonly #output: FrameOutput;
  readonly queue: SendQueue;
  /** From the first part on. */
  #pace: PartPace | undefined;

  /** @param keeps whether no live event may go: who sends refused what would be too much before. */
  constructor(runtime: Runtime, output: FrameOutput, keeps: boolean) {
    this.#runtime = runtime;
    this.#output = output;
    this.queue = new SendQueue(keeps);
  }

  /** Whether nothing waits, and nothing is to be told of what no longer does. */
  get empty(): boolean {
    return this.queue.idle && this.queue.count === 0;
  }

  /** Whether nothing is left to be remembered: neither what waits, nor parts that are on their way. */
  get over(): boolean {
    return this.empty && (!this.#pace || this.#pace.isOver(this.#output.credit!.taken));
  }

  /** Stops sending what goes in parts. @returns whether it had not been sent to its end. */
  withdraw(beginning: Beginning): boolean {
    const withdrawn = this.queue.withdraw(orderOf(beginning)!);
    if (withdrawn === "begun") this.#output.send('[["abort"]]');
    return withdrawn !== "nothing";
  }

  /** Sends as much as the other side takes, up to the next part. @returns whether that was sent: more may go once others had a turn. */
  send(): boolean {
    for (; !this.#output.blocked; this.#sendSmall()) {
      // By turns, so that neither holds up the other: what is small waits for one part at most.
      if ((this.queue.idle || this.#pace?.isDue !== false) && this.#sendPart(true)) return true;
      if (this.queue.idle) return false;
    }
    return false;
  }

  /** Sends all, whether or not the other side takes it. */
  sendAll(): void {
    for (;;) {
      if (!this.queue.idle) this.#sendSmall();
      else if (!this.#sendPart(false) && this.queue.idle) return;
    }
  }

  /** @returns whether there was one to be sent. */
  #sendPart(paced: boolean): boolean {
    const output = this.#output;
    const large = this.queue.large(this.#runtime.monotonic());
    if (!large) return false;
    this.#pace ??= new PartPace();
    if (paced && !this.#pace.mayGo(output.credit!.taken)) {
      output.watch();
      return false;
    }
    const { binary } = output;
    const part = large.next((message) => {
      const parts = message.parts(binary, output.partFrameBytes);
      if (binary) output.tell(message.shapes);
      return parts;
    });
    output.send(part, this.#pace.asks);
    this.#pace.sent(output.credit!.sent);
    return true;
  }

  /** Sends as much of what is small as one frame holds. */
  #sendSmall(): void {
    const output = this.#output;
    this.#pace?.due();
    const now = this.#runtime.monotonic();
    const messages = this.queue.take(now, output.maxFrameBytes - 1, maxMessages);
    const gaps = this.queue.missed();
    // What is missing was before what still waits.
    if (gaps.length > 0) {
      const notices = gaps.map(
        ({ name, key = null, count }) =>
          new Outgoing(undefined, encodeMessage(["gap", name, key, "overflow", count])),
      );
      output.send(textFrame(notices));
    }
    if (messages.length === 0) return;
    const shapes = messages.reduce((all, message) => all.union(message.shapes), ShapeSet.none);
    // What was taken as bytes may since have become a text for others, and be too large as that.
    const fits = messages.length > 1 || messages[0]!.bytes + 2 <= output.maxFrameBytes;
    const isText = messages.every(({ text, packed }) => text !== undefined && (fits || !packed));
    const binary = isText ? undefined : output.binary;
    output.sendMade(binary ? binary.frame(messages) : textFrame(messages), shapes);
  }
}
