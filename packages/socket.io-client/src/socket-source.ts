import { type CloseReason, type Link, type LinkSource, MisuseError } from "@eventwire/core";
import { drainingCode, hop, type LinkEnd, type Page, watchWake } from "@eventwire/wire";
import type { Socket } from "socket.io-client";
import { endEvent, socketLink } from "./socket-link.js";

/** How long a server may take to say that a link has ended for it as well, in milliseconds. */
const patience = 1_000;
/** Where a socket keeps its one source, also for another copy of this package. */
const kept = Symbol.for("eventwire.source");

interface Listener {
  readonly onLink: (link: Link) => void;
  readonly onFailure: ((reason: CloseReason) => void) | undefined;
  /** Whether it has had a link. */
  served: boolean;
  /** Whether it has closed a link for good. */
  over: boolean;
}

/**
 * A socket as a source of links, one for each time it connects. Socket.IO reconnects by itself after a lost connection;
 * where the server closed on purpose it does not, so that is done here, for a socket of one's own.
 *
 * @param owned whether the socket is connected and ended with the source. Any other is the application's alone to connect,
 * so that the source waits until it is, and may always hope that it will be.
 */
export function socketSource(socket: Socket & { [kept]?: LinkSource }, owned: boolean): LinkSource {
  // Links of one socket follow each other, whoever asks for them.
  socket[kept] ??= new SocketSource(socket, owned);
  return socket[kept];
}

class SocketSource implements LinkSource {
  readonly #socket: Socket;
  readonly #owned: boolean;
  #detach: (() => void) | undefined;
  #listener: Listener | undefined;
  #link: LinkEnd | undefined;
  /** Set while the server has not said that the last link has ended for it as well. */
  #parting: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Whether the server has handed this client over to another one. */
  #handedOver = false;

  constructor(socket: Socket, owned: boolean) {
    this.#socket = socket;
    this.#owned = owned;
  }

  listen(onLink: (link: Link) => void, onFailure?: (reason: CloseReason) => void): () => void {
    if (this.#listener) {
      throw new MisuseError(
        "This socket carries a bus already. Close that bus first, or use another socket.",
      );
    }
    const listener: Listener = { onLink, onFailure, served: false, over: false };
    this.#listener = listener;
    this.#detach ??= this.#attach();
    if (!this.#link && !this.#parting) this.#connect();
    return () => {
      if (this.#listener !== listener) return;
      this.#listener = undefined;
      clearTimeout(this.#retry);
      this.#leave();
    };
  }

  #attach(): () => void {
    const socket = this.#socket;
    const begin = () => this.#begin();
    const disconnected = (reason: Socket.DisconnectReason) => this.#disconnected(reason);
    const failed = (error: Error) => this.#failed(error);
    const gaveUp = () => this.#gaveUp();
    const ended = () => this.#ended();
    socket.on("connect", begin);
    socket.on("disconnect", disconnected);
    socket.on("connect_error", failed);
    socket.on(endEvent, ended);
    socket.io.on("reconnect_failed", gaveUp);
    const stopWaking = watchWake(() => this.#wake(), globalThis as Page);
    return () => {
      stopWaking();
      socket.off("connect", begin);
      socket.off("disconnect", disconnected);
      socket.off("connect_error", failed);
      socket.off(endEvent, ended);
      socket.io.off("reconnect_failed", gaveUp);
    };
  }

  /** A page was asleep, or its network away: what waits to connect does so now, and who is connected makes sure of it. */
  #wake(): void {
    this.#link?.doubt();
    if (!this.#owned || this.#socket.connected || !this.#listener || this.#listener.over || this.#parting)
      return;
    const { _reconnecting, _readyState } = this.#socket.io;
    // Socket.IO waits for its next attempt: begun anew, it makes it at once.
    if (_reconnecting && _readyState === "closed") this.#socket.disconnect();
    else if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#socket.connect();
  }

  #connect(): void {
    if (this.#socket.connected) this.#begin();
    else if (this.#owned) this.#socket.connect();
  }

  #begin(): void {
    clearTimeout(this.#retry);
    const listener = this.#listener;
    if (!listener || listener.over || this.#link || this.#parting) return;
    listener.served = true;
    this.#link = socketLink(this.#socket, (reason) => this.#closed(reason));
    listener.onLink(this.#link);
  }

  /** The link was closed here. Another begins when the server has said that it is over for it as well. */
  #closed({ code, retryable }: CloseReason): void {
    this.#link = undefined;
    this.#handedOver = code === drainingCode;
    if (this.#listener && !retryable) this.#listener.over = true;
    if (!this.#socket.connected) {
      this.#parted();
      return;
    }
    this.#socket.emit(endEvent);
    this.#parting = setTimeout(() => this.#parted(), patience);
  }

  /** The server says that a link is over: to have it so, or because it was closed here. */
  #ended(): void {
    const ended = this.#link;
    if (ended) {
      this.#link = undefined;
      this.#socket.emit(endEvent);
      ended.end({ code: "Lost", message: "The server ended the link.", retryable: this.#mayReconnect });
    }
    if (ended || this.#parting) this.#parted();
  }

  /** A link is over for both. */
  #parted(): void {
    clearTimeout(this.#parting);
    this.#parting = undefined;
    const listener = this.#listener;
    if (!listener) this.#leave();
    else {
      if (this.#owned) this.#socket.disconnect();
      if (!listener.served) this.#connect();
      else if (!listener.over) this.#tryAgain();
    }
  }

  /** Nobody listens; a link that is there stays. */
  #leave(): void {
    if (this.#link || this.#parting) return;
    this.#detach?.();
    this.#detach = undefined;
    if (this.#owned) this.#socket.disconnect();
  }

  #tryAgain(): void {
    if (!this.#mayReconnect) return;
    clearTimeout(this.#retry);
    // Spread, so that the clients of a server that restarts do not all come at once.
    const usual = this.#socket.io.reconnectionDelay() * (0.5 + Math.random() / 2);
    const delay = this.#handedOver ? hop * Math.random() : usual;
    this.#handedOver = false;
    this.#retry = setTimeout(() => this.#connect(), delay);
  }

  get #mayReconnect(): boolean {
    return !this.#owned || this.#socket.io.reconnection() === true;
  }

  #disconnected(reason: Socket.DisconnectReason): void {
    clearTimeout(this.#retry);
    const ended = this.#link;
    const wasParting = this.#parting;
    this.#link = undefined;
    ended?.end({ code: "Lost", message: describe(reason), retryable: this.#mayReconnect });
    if (wasParting) this.#parted();
    else if (!this.#listener) this.#leave();
    // Without a goodbye nothing says that the server does not want this peer.
    else if (this.#owned && ended && reason === "io server disconnect") this.#tryAgain();
  }

  #failed({ message }: Error): void {
    // Socket.IO stops trying where the server itself refused: its middleware, or for want of the namespace.
    if (this.#socket.active) {
      const text = `The server could not be reached: ${message}.`;
      this.#listener?.onFailure?.({ code: "ConnectFailed", message: text, retryable: this.#mayReconnect });
    } else this.#listener?.onFailure?.({ code: "Denied", message, retryable: !this.#owned });
  }

  #gaveUp(): void {
    const message = `The server could not be reached in ${this.#socket.io.reconnectionAttempts()} attempts.`;
    this.#listener?.onFailure?.({ code: "ConnectFailed", message, retryable: !this.#owned });
  }
}

function describe(reason: Socket.DisconnectReason): string {
  switch (reason) {
    case "io server disconnect":
      return "The server disconnected this socket.";
    case "io client disconnect":
      return "The application disconnected this socket.";
    case "ping timeout":
      return "The server was silent for too long.";
    default:
      return "The connection was lost.";
  }
}
