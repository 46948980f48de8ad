import {
  type CloseReason,
  type Link,
  type LinkFacts,
  type LinkReceiver,
  MisuseError,
  type Runtime,
} from "@eventwire/core";
import { receiverFailure } from "@eventwire/wire";
import type { Frame, Pipe } from "./memory-pipe.js";

/** What may be on its way, in bytes, before a sender is asked to wait for `drain`. */
const highWater = 65_536;
const encoder = new TextEncoder();

export const lost: CloseReason = { code: "Lost", message: "The connection was lost.", retryable: true };

/** What a link is one end of. */
export interface MemoryLinkOptions {
  readonly facts: LinkFacts;
  readonly runtime: Runtime;
  readonly incoming: Pipe;
  readonly outgoing: Pipe;
  /** This end has ended, and its receiver was told. */
  readonly onEnd: (reason: CloseReason) => void;
}

/** One end of a connection in memory. */
export class MemoryLink implements Link {
  readonly facts: LinkFacts;
  readonly #options: MemoryLinkOptions;
  #receiver: LinkReceiver | undefined;
  #reason: CloseReason | undefined;
  #blocked = false;
  #onItsWay = 0;

  constructor(options: MemoryLinkOptions) {
    this.facts = options.facts;
    this.#options = options;
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  get bufferedBytes(): number {
    return this.#reason ? 0 : this.#onItsWay;
  }

  open(receiver: LinkReceiver): void {
    if (this.#receiver) throw new MisuseError("This link is open already.");
    this.#receiver = receiver;
    if (this.#reason) this.#sayClosed(receiver, this.#reason);
    else this.#options.incoming.release("unopened");
  }

  send(frame: Frame): boolean {
    if (this.#reason) return true;
    const bytes = typeof frame === "string" ? encoder.encode(frame).byteLength : frame.byteLength;
    const { maxFrameBytes } = this.facts;
    if (bytes > maxFrameBytes) {
      const reason = { ...lost, message: `A frame of ${bytes} bytes was sent, where ${maxFrameBytes} fit.` };
      this.#options.outgoing.end(reason);
      // A network does not call back in the sender's own turn.
      this.#options.runtime.microtask(() => this.close(reason));
      return true;
    }
    this.#onItsWay += bytes;
    this.#options.outgoing.send(frame, bytes);
    this.#blocked = this.#onItsWay > highWater;
    return !this.#blocked;
  }

  /** What was sent before still arrives. */
  close(reason: CloseReason): void {
    if (this.#reason) return;
    this.end(reason);
    this.#options.outgoing.end({ ...lost, retryable: reason.retryable });
  }

  /** Ends this side alone and at once: what has not arrived is lost. */
  end(reason: CloseReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#options.incoming.stop();
    if (this.#receiver) this.#sayClosed(this.#receiver, reason);
    this.#options.onEnd(reason);
  }

  arrived(frame: Frame): void {
    this.#tell((receiver) => receiver.frame(frame));
  }

  left(bytes: number): void {
    this.#onItsWay -= bytes;
    if (!this.#blocked || this.#onItsWay > 0 || this.#reason) return;
    this.#blocked = false;
    this.#tell((receiver) => receiver.drain());
  }

  /** There is no link left to end when this throws, but both ends have to hear of it. */
  #sayClosed(receiver: LinkReceiver, reason: CloseReason): void {
    try {
      receiver.closed(reason);
    } catch (error) {
      this.#options.runtime.uncaught(error);
    }
  }

  #tell(call: (receiver: LinkReceiver) => void): void {
    try {
      if (this.#receiver) call(this.#receiver);
    } catch (error) {
      this.close(receiverFailure(error));
    }
  }
}
