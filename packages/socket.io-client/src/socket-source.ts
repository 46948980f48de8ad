import type { CloseReason, LinkSource } from "@eventwire/core";
import type { Socket } from "socket.io-client";
import { endEvent, SocketLink } from "./socket-link.js";

/** How long to wait before connecting again after the server closed, in milliseconds; half of it is random. */
const retryDelay = 1_000;

/**
 * A socket as a source of links, one for each time it connects. Socket.IO reconnects by itself after a lost connection;
 * where the server closed on purpose it does not, so that is done here.
 *
 * @param owned whether the socket is ended with the source, or goes on for the application that it belongs to.
 */
export function socketSource(socket: Socket, owned: boolean): LinkSource {
  return {
    listen(onLink, onFailure) {
      let link: SocketLink | undefined;
      let retry: ReturnType<typeof setTimeout> | undefined;
      let stopped = false;

      const again = () => {
        if (stopped) return;
        clearTimeout(retry);
        retry = setTimeout(
          () => {
            if (socket.connected) begin();
            else socket.connect();
          },
          retryDelay * (0.5 + Math.random() / 2),
        );
      };
      const closedHere = ({ retryable }: CloseReason) => {
        link = undefined;
        if (owned) socket.disconnect();
        else if (socket.connected) socket.emit(endEvent);
        if (retryable) again();
      };
      const begin = () => {
        clearTimeout(retry);
        if (link) return;
        link = new SocketLink(socket, closedHere);
        onLink(link);
      };
      const disconnected = (reason: Socket.DisconnectReason) => {
        const ended = link;
        link = undefined;
        ended?.end({ code: "Lost", message: describe(reason), retryable: true });
        // Without a goodbye nothing says that the server does not want this peer.
        if (ended && reason === "io server disconnect") again();
      };
      const failed = (error: Error) => {
        onFailure?.({ code: "ConnectFailed", message: error.message, retryable: socket.active });
      };

      socket.on("connect", begin);
      socket.on("disconnect", disconnected);
      socket.on("connect_error", failed);
      if (socket.connected) begin();
      else socket.connect();
      return () => {
        stopped = true;
        clearTimeout(retry);
        socket.off("connect", begin);
        socket.off("disconnect", disconnected);
        socket.off("connect_error", failed);
        // The source is ended before its last link says goodbye.
        if (owned && !link) socket.disconnect();
      };
    },
  };
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
