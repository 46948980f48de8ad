import type { Link } from "@eventwire/core";
import type { LinkEnd } from "@eventwire/wire";
import type { Socket } from "socket.io";
import { isOpenedByScript } from "./opened-by-script.js";
import { endEvent, frameEvent, socketLink } from "./socket-link.js";

/** How long a client whose link was closed may take to say that it has ended for it as well, in milliseconds. */
const patience = 2_000;

/** What a socket is carried for. */
export interface Carriage {
  readonly maxHttpBufferSize: number;
  /** Whether the connection may begin another link. */
  readonly mayBegin: () => boolean;
  /** Who gets links now, if anybody. */
  readonly onLink: () => ((link: Link) => void) | undefined;
  /** Told when the socket will carry no more. */
  readonly left: () => void;
}

/** Carries links over one socket, one after the other. */
export class SocketCarrier {
  readonly #socket: Socket;
  readonly #carriage: Carriage;
  readonly #receive = (frame: unknown) => this.#take(frame);
  readonly #ended = () => this.#endByClient();
  readonly #disconnected = () => this.#endByLoss();
  #link: LinkEnd | undefined;
  /** Set while the client has not said that the last link has ended for it as well. */
  #parting: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Socket, carriage: Carriage) {
    this.#socket = socket;
    this.#carriage = carriage;
    socket.on(frameEvent, this.#receive);
    socket.on(endEvent, this.#ended);
    socket.on("disconnect", this.#disconnected);
  }

  /** Nobody gets links any more: the socket is left alone once the one that is there has ended. */
  leave(): void {
    if (this.#link || this.#parting) return;
    this.#socket.off(frameEvent, this.#receive);
    this.#socket.off(endEvent, this.#ended);
    this.#socket.off("disconnect", this.#disconnected);
    this.#carriage.left();
  }

  #take(frame: unknown): void {
    // What was under way when the link was closed here belongs to no other.
    if (this.#parting) return;
    if (!this.#link && !this.#begin()) return;
    this.#link?.receive(frame, true);
  }

  #begin(): boolean {
    const socket = this.#socket;
    const { mayBegin, maxHttpBufferSize, onLink } = this.#carriage;
    const give = onLink();
    if (!give) return false;
    if (isOpenedByScript(socket) || !mayBegin()) {
      socket.conn.close(true);
      return false;
    }
    this.#link = socketLink(socket, maxHttpBufferSize, () => this.#part());
    give(this.#link);
    return true;
  }

  /** The link was closed here. Another begins when the client has said that it is over for it as well. */
  #part(): void {
    this.#link = undefined;
    this.#socket.emit(endEvent);
    // At once, with what it did not read. To an application's own socket this is a lost connection, which it makes anew.
    this.#parting = setTimeout(() => this.#socket.conn.close(true), patience).unref();
  }

  /** The client says that a link is over: to have it so, or because it was closed here. */
  #endByClient(): void {
    const answers = this.#parting !== undefined;
    this.#end("The client ended the link.");
    // Each side says it once for each link, so that the next one is not taken for it.
    if (!answers) this.#socket.emit(endEvent);
    if (!this.#carriage.onLink()) this.leave();
  }

  #endByLoss(): void {
    this.#end("The connection was lost.");
    this.leave();
  }

  #end(message: string): void {
    clearTimeout(this.#parting);
    this.#parting = undefined;
    const ended = this.#link;
    this.#link = undefined;
    ended?.end({ code: "Lost", message, retryable: true });
  }
}
