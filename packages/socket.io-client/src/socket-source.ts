import type { CloseReason, LinkSource } from "@eventwire/core";
import type { Socket } from "socket.io-client";
import { endEvent, SocketLink } from "./socket-link.js";

/** How long a server may take to answer a goodbye before the socket is disconnected anyway, in milliseconds. */
const patience = 1_000;

/**
 * A socket as a source of links, one for each time it connects. Socket.IO reconnects by itself after a lost connection;
 * where the server closed on purpose it does not, so that is done here, for a socket of one's own.
 *
 * @param owned whether the socket is connected and ended with the source. Any other is the application's alone to connect,
 * so that the source waits until it is, and may always hope that it will be.
 */
export function socketSource(socket: Socket, owned: boolean): LinkSource {
  return {
    listen(onLink, onFailure) {
      let link: SocketLink | undefined;
      let retry: ReturnType<typeof setTimeout> | undefined;
      let stopped = false;

      const again = () => {
        if (stopped || !mayReconnect()) return;
        clearTimeout(retry);
        // Spread, so that the clients of a server that restarts do not all come at once.
        const delay = socket.io.reconnectionDelay() * (0.5 + Math.random() / 2);
        retry = setTimeout(() => {
          if (socket.connected) begin();
          else if (owned) socket.connect();
        }, delay);
      };
      const mayReconnect = () => !owned || socket.io.reconnection() === true;
      const closedHere = ({ retryable }: CloseReason) => {
        link = undefined;
        if (!owned) {
          if (socket.connected) socket.emit(endEvent);
        } else if (retryable) socket.disconnect();
        else disconnectAfterGoodbye(socket);
        if (retryable) again();
      };
      const begin = () => {
        clearTimeout(retry);
        if (link) return;
        link = new SocketLink(socket, closedHere);
        onLink(link);
      };
      const disconnected = (reason: Socket.DisconnectReason) => {
        clearTimeout(retry);
        const ended = link;
        link = undefined;
        ended?.end({ code: "Lost", message: describe(reason), retryable: mayReconnect() });
        // Without a goodbye nothing says that the server does not want this peer.
        if (owned && ended && reason === "io server disconnect") again();
      };
      const failed = ({ message }: Error) => {
        // Socket.IO stops trying where the server itself refused: its middleware, or for want of the namespace.
        if (socket.active) {
          const text = `The server could not be reached: ${message}.`;
          onFailure?.({ code: "ConnectFailed", message: text, retryable: mayReconnect() });
        } else onFailure?.({ code: "Denied", message, retryable: !owned });
      };
      const gaveUp = () => {
        const message = `The server could not be reached in ${socket.io.reconnectionAttempts()} attempts.`;
        onFailure?.({ code: "ConnectFailed", message, retryable: !owned });
      };

      socket.on("connect", begin);
      socket.on("disconnect", disconnected);
      socket.on("connect_error", failed);
      socket.io.on("reconnect_failed", gaveUp);
      if (socket.connected) begin();
      else if (owned) socket.connect();
      return () => {
        stopped = true;
        clearTimeout(retry);
        socket.off("connect", begin);
        socket.off("disconnect", disconnected);
        socket.off("connect_error", failed);
        socket.io.off("reconnect_failed", gaveUp);
        // Otherwise the source is ended before its last link says goodbye, which then ends the socket.
        if (owned && !link) socket.disconnect();
      };
    },
  };
}

/** At once would be too soon: a Socket.IO server drops events that it reads together with the disconnecting. */
function disconnectAfterGoodbye(socket: Socket): void {
  const disconnect = () => {
    clearTimeout(timer);
    socket.off(endEvent, disconnect);
    socket.off("disconnect", disconnect);
    socket.disconnect();
  };
  const timer = setTimeout(disconnect, patience);
  socket.on(endEvent, disconnect);
  socket.on("disconnect", disconnect);
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
