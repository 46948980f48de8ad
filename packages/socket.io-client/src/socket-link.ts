import type { CloseReason, Link, LinkFacts, LinkReceiver } from "@eventwire/core";
import { utf8Bytes } from "@eventwire/wire";
import type { Socket } from "socket.io-client";

/** The Socket.IO event that carries frames. */
export const frameEvent = "eventwire";
/** The Socket.IO event that ends a link and not its socket, either way. */
export const endEvent = "eventwire:end";

/** What may be accepted, in bytes, before the sender is asked to wait. */
const highWater = 65_536;
/** What Socket.IO puts around a frame: packet type, namespace, event name, quotes. */
const overhead = 256;
/** What a Socket.IO server takes unless it says otherwise, in bytes. */
const defaultMaxPayload = 1_000_000;

/** A client's connected Socket.IO socket as a link, until it is disconnected. */
export class SocketLink implements Link {
  readonly facts: LinkFacts;
  readonly #socket: Socket;
  readonly #engine: Socket["io"]["engine"];
  readonly #onClose: (reason: CloseReason) => void;
  readonly #received = (frame: string | Uint8Array) => this.#receiver?.frame(frame);
  readonly #drained = () => this.#drain();
  #receiver: LinkReceiver | undefined;
  #ended = false;
  #blocked = false;
  #accepted = 0;

  /** @param onClose told when this side closes it, so that the socket can be ended or tried again. */
  constructor(socket: Socket, onClose: (reason: CloseReason) => void) {
    const { engine } = socket.io;
    const { maxPayload = defaultMaxPayload } = engine as { readonly maxPayload?: number };
    this.#socket = socket;
    this.#engine = engine;
    this.#onClose = onClose;
    this.facts = {
      // It changes when polling is upgraded.
      get transport() {
        return engine.transport.name;
      },
      // Socket.IO puts the frame into a JSON string, where each quote and backslash takes another byte.
      maxFrameBytes: Math.floor((maxPayload - overhead) / 2),
      reliable: true,
    };
    engine.on("drain", this.#drained);
  }

  /** What was accepted since the transport last took all there was, in bytes. */
  get bufferedBytes(): number {
    return this.#accepted;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#socket.on(frameEvent, this.#received);
  }

  send(frame: string | Uint8Array): boolean {
    // A socket that is not connected would keep the frame and send it on its next connection, to which it is foreign.
    if (this.#ended || !this.#socket.connected) return true;
    this.#accepted += typeof frame === "string" ? utf8Bytes(frame) : frame.byteLength;
    this.#socket.emit(frameEvent, frame);
    this.#blocked = this.#accepted >= highWater;
    return !this.#blocked;
  }

  close(reason: CloseReason): void {
    if (this.#ended) return;
    this.end(reason);
    this.#onClose(reason);
  }

  /** The connection is gone. */
  end(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#engine.off("drain", this.#drained);
    this.#socket.off(frameEvent, this.#received);
    this.#receiver?.closed(reason);
  }

  #drain(): void {
    this.#accepted = 0;
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#receiver?.drain();
  }
}
