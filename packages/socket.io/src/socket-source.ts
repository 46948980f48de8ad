import { type LinkSource, MisuseError } from "@eventwire/core";
import type { Namespace, Server, Socket } from "socket.io";
import { endEvent, frameEvent, SocketLink } from "./socket-link.js";
import { warnOfRecovery } from "./state-recovery.js";

/** What Socket.IO takes by default, in bytes. */
const defaultMaxHttpBufferSize = 1_000_000;
/** Marks a namespace that is served, also for another copy of this package. */
const served = Symbol.for("eventwire.served");

/**
 * The sockets of a namespace as links. A socket becomes one with its first frame, so that sockets of the application's
 * own, without Eventwire, are left alone.
 */
export function socketSource(io: Server | Namespace): LinkSource {
  // Not by instanceof, which fails where an application has a second copy of Socket.IO.
  const namespace: Namespace & { [served]?: boolean } = "of" in io ? io.of("/") : io;
  return {
    listen(onLink) {
      if (namespace[served]) {
        throw new MisuseError(
          `The namespace ${namespace.name} serves a bus already. Close that hub first, or serve another namespace.`,
        );
      }
      namespace[served] = true;
      warnOfRecovery(namespace);
      const stops = new Map<Socket, () => void>();
      const accept = (socket: Socket) => {
        stops.set(
          socket,
          carry(socket, maxBytes(namespace), onLink, () => stops.delete(socket)),
        );
      };
      namespace.on("connection", accept);
      for (const socket of namespace.sockets.values()) accept(socket);
      return () => {
        namespace.off("connection", accept);
        for (const stop of stops.values()) stop();
        stops.clear();
        delete namespace[served];
      };
    },
  };
}

/** Carries links over one socket, one after the other. The result ends that: the link that is there stays until it ends. */
function carry(
  socket: Socket,
  maxHttpBufferSize: number,
  onLink: (link: SocketLink) => void,
  gone: () => void,
): () => void {
  let link: SocketLink | undefined;
  let stopped = false;
  const receive = (frame: unknown) => {
    if (!link) {
      link = new SocketLink(socket, maxHttpBufferSize);
      onLink(link);
    }
    link.receive(frame);
  };
  const end = (message: string) => {
    link?.end({ code: "Lost", message, retryable: true });
    link = undefined;
    if (stopped) forget();
  };
  const endLink = () => end("The client ended the link.");
  const disconnected = () => {
    stopped = true;
    end("The connection was lost.");
    gone();
  };
  const forget = () => {
    socket.off(frameEvent, receive);
    socket.off(endEvent, endLink);
    socket.off("disconnect", disconnected);
  };
  socket.on(frameEvent, receive);
  socket.on(endEvent, endLink);
  socket.on("disconnect", disconnected);
  return () => {
    stopped = true;
    if (!link) forget();
  };
}

function maxBytes(namespace: Namespace): number {
  // Before the server is attached there is no engine, but then there are no sockets either.
  const { engine } = namespace.server as {
    readonly engine?: { readonly opts: { readonly maxHttpBufferSize?: number } };
  };
  return engine?.opts.maxHttpBufferSize ?? defaultMaxHttpBufferSize;
}
