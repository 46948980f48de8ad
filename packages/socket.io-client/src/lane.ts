import type { CloseReason } from "@eventwire/core";
import { endEvent, type LinkEnd, type SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io-client";
import { socketLink } from "./socket-link.js";

/** How long a server is waited for to say that a link has ended for it as well, in milliseconds. */
const patience = 1_000;

/** A place on a socket for one link at a time: the next begins after both sides have said that the last has ended. */
export class Lane {
  readonly #socket: Socket;
  readonly #packets: SocketPackets;
  readonly #number: number;
  readonly #over: (reason: CloseReason) => void;
  #link: LinkEnd | undefined;
  /** Set while the server has not said that the last link has ended for it as well. */
  #parting: { readonly timer: ReturnType<typeof setTimeout>; readonly reason: CloseReason } | undefined;
  /** Whether it is not waited for any more. */
  #late = false;

  /** @param over told when a link is over for both sides, and why; not when the socket was lost under it. */
  constructor(socket: Socket, packets: SocketPackets, number: number, over: (reason: CloseReason) => void) {
    this.#socket = socket;
    this.#packets = packets;
    this.#number = number;
    this.#over = over;
  }

  get free(): boolean {
    return !this.#link && !this.#parting;
  }

  /** Whether nothing keeps the socket for it, though what is still on its way for the last link may not reach another. */
  get left(): boolean {
    return this.free || this.#late;
  }

  begin(): LinkEnd {
    this.#link = socketLink(this.#socket, this.#packets, this.#number, (reason) => this.#closed(reason));
    return this.#link;
  }

  receive(frame: unknown): void {
    this.#link?.receive(frame);
  }

  doubt(): void {
    this.#link?.doubt();
  }

  /** The server says that a link is over: to have it so, or because it was closed here. */
  ended(retryable: boolean): void {
    const link = this.#link;
    if (link) {
      const reason = { code: "Lost", message: "The server ended the link.", retryable };
      this.#link = undefined;
      this.#sayEnd();
      link.end(reason);
      this.#over(reason);
    } else if (this.#parting) this.#parted();
  }

  /** The socket is gone, and with it what the server knew of the link. */
  lost(reason: CloseReason): void {
    const link = this.#link;
    this.#link = undefined;
    link?.end(reason);
    if (this.#parting) this.#parted();
  }

  #closed(reason: CloseReason): void {
    this.#link = undefined;
    if (!this.#socket.connected) {
      this.#over(reason);
      return;
    }
    this.#sayEnd();
    const timer = setTimeout(() => {
      this.#late = true;
      this.#over(reason);
    }, patience);
    this.#parting = { timer, reason };
  }

  #sayEnd(): void {
    this.#socket.emit(endEvent, ...(this.#number === 0 ? [] : [this.#number]));
  }

  #parted(): void {
    const { timer, reason } = this.#parting!;
    clearTimeout(timer);
    this.#parting = undefined;
    this.#late = false;
    this.#over(reason);
  }
}
