import { endEvent, type LinkEnd } from "@eventwire/wire";
import type { Socket } from "socket.io";
import { type SocketLanes, socketLink } from "./socket-link.js";

/** How long a client whose link was closed may take to say that it has ended for it as well, in milliseconds. */
const patience = 2_000;

/** A place on a socket for one link at a time: the next begins after both sides have said that the last has ended. */
export class Lane {
  readonly #socket: Socket;
  readonly #number: number;
  #link: LinkEnd | undefined;
  /** Set while the client has not said that the last link has ended for it as well. */
  #parting: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Socket, number: number) {
    this.#socket = socket;
    this.#number = number;
  }

  /** Whether a frame would be the first of another link. */
  get free(): boolean {
    return !this.#link && !this.#parting;
  }

  begin(lanes: SocketLanes): LinkEnd {
    this.#link = socketLink(this.#socket, this.#number, lanes, this);
    return this.#link;
  }

  /** What was under way when the link was closed here belongs to no other. */
  receive(frame: unknown): void {
    this.#link?.receive(frame);
  }

  drained(): void {
    this.#link?.drained();
  }

  /** The client says that a link is over: to have it so, or because it was closed here. */
  endByClient(): void {
    const answers = this.#parting !== undefined;
    this.end("The client ended the link.");
    // Each side says it once for each link, so that the next one is not taken for it.
    if (!answers) this.#sayEnd();
  }

  end(message: string): void {
    clearTimeout(this.#parting);
    this.#parting = undefined;
    const ended = this.#link;
    this.#link = undefined;
    ended?.end({ code: "Lost", message, retryable: true });
  }

  /** The link was closed here. Another begins when the client has said that it is over for it as well. */
  closedHere(): void {
    this.#link = undefined;
    this.#sayEnd();
    // At once, with what it did not read. To an application's own socket this is a lost connection, which it makes anew.
    this.#parting = setTimeout(() => this.#socket.conn.close(true), patience).unref();
  }

  #sayEnd(): void {
    this.#socket.emit(endEvent, ...(this.#number === 0 ? [] : [this.#number]));
  }
}
