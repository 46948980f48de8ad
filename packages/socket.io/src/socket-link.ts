import type { CloseReason, Link, LinkFacts, LinkReceiver } from "@eventwire/core";
import { utf8Bytes } from "@eventwire/wire";
import type { Socket } from "socket.io";

/** The Socket.IO event that carries frames. */
export const frameEvent = "eventwire";
/** The Socket.IO event that ends a link and not its socket, either way. */
export const endEvent = "eventwire:end";

/** What may be accepted, in bytes, before the sender is asked to wait. */
const highWater = 65_536;
/** What Socket.IO puts around a frame: packet type, namespace, event name, quotes. */
const overhead = 256;

/** A Socket.IO socket of a server as a link. */
export class SocketLink implements Link {
  readonly facts: LinkFacts;
  readonly #socket: Socket;
  readonly #onClose: () => void;
  readonly #inbox: (string | Uint8Array)[] = [];
  readonly #drained = () => this.#drain();
  #receiver: LinkReceiver | undefined;
  #ended = false;
  #blocked = false;
  #accepted = 0;

  /** @param onClose told when this side closes it, so that the client is told to end its socket. */
  constructor(socket: Socket, maxHttpBufferSize: number, onClose: () => void) {
    const { handshake, conn } = socket;
    this.#socket = socket;
    this.#onClose = onClose;
    this.facts = {
      // It changes when polling is upgraded.
      get transport() {
        return conn.transport.name;
      },
      address: handshake.address,
      headers: handshake.headers,
      auth: handshake.auth,
      // Socket.IO puts the frame into a JSON string, where each quote and backslash takes another byte.
      maxFrameBytes: Math.floor((maxHttpBufferSize - overhead) / 2),
      reliable: true,
    };
    conn.on("drain", this.#drained);
  }

  /** What was accepted since the transport last took all there was, in bytes. */
  get bufferedBytes(): number {
    return this.#accepted;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    for (const frame of this.#inbox.splice(0)) receiver.frame(frame);
  }

  send(frame: string | Uint8Array): boolean {
    if (this.#ended) return true;
    this.#accepted += typeof frame === "string" ? utf8Bytes(frame) : frame.byteLength;
    this.#socket.emit(frameEvent, frame);
    this.#blocked = this.#accepted >= highWater;
    return !this.#blocked;
  }

  close(reason: CloseReason): void {
    if (this.#ended) return;
    this.end(reason);
    this.#onClose();
  }

  /** Takes what came on the socket; anything but text and bytes becomes a frame that cannot be read. */
  receive(frame: unknown): void {
    const taken = typeof frame === "string" || frame instanceof Uint8Array ? frame : "";
    if (this.#receiver) this.#receiver.frame(taken);
    else this.#inbox.push(taken);
  }

  /** The connection is gone, or the client ended the link. */
  end(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.conn.off("drain", this.#drained);
    this.#receiver?.closed(reason);
  }

  #drain(): void {
    // Engine.IO says so each time it has handed over what waited; while the transport is busy, more waits behind.
    this.#accepted = 0;
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#receiver?.drain();
  }
}
