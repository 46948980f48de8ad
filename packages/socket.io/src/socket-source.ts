import type { LinkSource } from "@eventwire/core";
import { type Namespace, Server, type Socket } from "socket.io";
import { endEvent, frameEvent, SocketLink } from "./socket-link.js";

/** What Socket.IO takes by default, in bytes. */
const defaultMaxHttpBufferSize = 1_000_000;

/**
 * The sockets of a namespace as links. A socket becomes one with its first frame, so that sockets of the application's
 * own, without Eventwire, are left alone.
 */
export function socketSource(io: Server | Namespace): LinkSource {
  const namespace = io instanceof Server ? io.of("/") : io;
  return {
    listen(onLink) {
      const stops = new Map<Socket, () => void>();
      const accept = (socket: Socket) => {
        stops.set(socket, carry(socket, maxBytes(namespace), onLink));
        socket.once("disconnect", () => stops.delete(socket));
      };
      namespace.on("connection", accept);
      for (const socket of namespace.sockets.values()) accept(socket);
      return () => {
        namespace.off("connection", accept);
        for (const stop of stops.values()) stop();
        stops.clear();
      };
    },
  };
}

/** Carries links over one socket, one after the other. The result takes no further ones. */
function carry(socket: Socket, maxHttpBufferSize: number, onLink: (link: SocketLink) => void): () => void {
  let link: SocketLink | undefined;
  let stopped = false;
  socket.on(frameEvent, (frame: unknown) => {
    if (!link) {
      if (stopped) return;
      link = new SocketLink(socket, maxHttpBufferSize);
      onLink(link);
    }
    link.receive(frame);
  });
  const end = (message: string) => {
    link?.end({ code: "Lost", message, retryable: true });
    link = undefined;
  };
  socket.on(endEvent, () => end("The client ended the link."));
  socket.once("disconnect", end);
  return () => {
    stopped = true;
  };
}

function maxBytes(namespace: Namespace): number {
  // Before the server is attached there is no engine, but then there are no sockets either.
  const { engine } = namespace.server as {
    readonly engine?: { readonly opts: { readonly maxHttpBufferSize?: number } };
  };
  return engine?.opts.maxHttpBufferSize ?? defaultMaxHttpBufferSize;
}
