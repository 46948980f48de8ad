import type { CloseReason, Frame, Link, LinkFacts, LinkReceiver } from "@eventwire/core";
import { receiverFailure } from "./receiver-failure.js";

/** What may wait in a link, in bytes, before the sender is asked to wait for `drain`. */
export const highWater = 65_536;
/** Down to what it must be sent before the sender is told to go on. */
const lowWater = highWater / 2;

/** What is a transport's own in a link. */
export interface Carrier {
  readonly facts: LinkFacts;
  /** What was written and has not left this process, in bytes. */
  readonly bufferedBytes: number;
  /** Never called after the end. */
  write(frame: Frame): void;
  /**
   * The link has ended, so the transport may forget it. Called once.
   *
   * @param here whether this side closed it: what was written still leaves, and then the transport is to end.
   */
  ended(reason: CloseReason, here: boolean): void;
}

/**
 * What every link does alike, around what only its transport can: holds what comes before it is opened, ends once, tells
 * when to wait and when to go on, and ends where its receiver throws.
 *
 * @example
 * ```ts
 * const link = new LinkEnd(carrier);
 * socket.on("message", (data) => link.receive(data));
 * socket.on("drain", () => link.drained());
 * socket.on("close", () => link.end({ code: "Lost", message: "The connection was lost.", retryable: true }));
 * ```
 */
export class LinkEnd implements Link {
  readonly #carrier: Carrier;
  readonly #onEnd: ((reason: CloseReason) => void) | undefined;
  /** What came before it was opened. */
  #inbox: Frame[] | undefined;
  #receiver: LinkReceiver | undefined;
  #end: CloseReason | undefined;
  #blocked = false;

  /** @param onEnd told last, whichever side ended it. */
  constructor(carrier: Carrier, onEnd?: (reason: CloseReason) => void) {
    this.#carrier = carrier;
    this.#onEnd = onEnd;
  }

  get facts(): LinkFacts {
    return this.#carrier.facts;
  }

  get bufferedBytes(): number {
    return this.#end ? 0 : this.#carrier.bufferedBytes;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    const before = this.#end;
    const inbox = this.#inbox ?? [];
    this.#inbox = undefined;
    for (const frame of inbox) {
      if (this.#end === before) this.#guard(() => receiver.frame(frame));
    }
    if (before) receiver.closed(before);
  }

  send(frame: Frame): boolean {
    if (this.#end) return true;
    this.#carrier.write(frame);
    // Who was told to wait is told to go on, whatever is sent meanwhile.
    this.#blocked ||= this.bufferedBytes >= highWater;
    return !this.#blocked;
  }

  close(reason: CloseReason): void {
    this.#inbox = undefined;
    this.#finish(reason, true);
  }

  /** Takes what came: text, or bytes, which browsers give as an ArrayBuffer. Anything else becomes a frame that cannot be read. */
  receive(came: unknown): void {
    if (this.#end) return;
    const frame = frameOf(came);
    const receiver = this.#receiver;
    if (receiver) this.#guard(() => receiver.frame(frame));
    else {
      this.#inbox ??= [];
      this.#inbox.push(frame);
    }
  }

  /** The transport has ended, or the other side has. */
  end(reason: CloseReason): void {
    this.#finish(reason, false);
  }

  /** The other end may be gone unnoticed. */
  doubt(): void {
    if (!this.#end) this.#guard(() => this.#receiver?.doubt?.());
  }

  /** Some of what was written has left. */
  drained(): void {
    if (!this.#blocked || this.#end || this.#carrier.bufferedBytes > lowWater) return;
    this.#blocked = false;
    this.#guard(() => this.#receiver?.drain());
  }

  #guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.close(receiverFailure(error));
    }
  }

  #finish(reason: CloseReason, here: boolean): void {
    if (this.#end) return;
    this.#end = reason;
    this.#receiver?.closed(reason);
    this.#carrier.ended(reason, here);
    this.#onEnd?.(reason);
  }
}

function frameOf(came: unknown): Frame {
  if (typeof came === "string" || came instanceof Uint8Array) return came;
  return came instanceof ArrayBuffer ? new Uint8Array(came) : "";
}
