import { type LinkSource, MisuseError } from "@eventwire/core";
import type { Namespace, Server, Socket } from "socket.io";
import { LinkBudget } from "./link-budget.js";
import { endEvent, frameEvent, SocketLink } from "./socket-link.js";
import { warnOfRecovery } from "./state-recovery.js";

/** What Socket.IO takes by default, in bytes. */
const defaultMaxHttpBufferSize = 1_000_000;
/** How long a client whose link was closed may take to end its socket, or to say that it keeps it, in milliseconds. */
const patience = 2_000;
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
      const budget = new LinkBudget();
      const stops = new Map<Socket, () => void>();
      const accept = (socket: Socket) => {
        stops.set(
          socket,
          carry(socket, maxBytes(namespace), budget, onLink, () => stops.delete(socket)),
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
  budget: LinkBudget,
  onLink: (link: SocketLink) => void,
  gone: () => void,
): () => void {
  let link: SocketLink | undefined;
  let parting: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const receive = (frame: unknown) => {
    // What was under way when the link was closed here belongs to no other.
    if (parting) return;
    if (!link) {
      if (isOpenedByScript(socket) || !budget.take(socket.conn)) {
        socket.conn.close(true);
        return;
      }
      link = new SocketLink(socket, maxHttpBufferSize, part);
      onLink(link);
    }
    link.receive(frame);
  };
  // A socket of the application's own is not this package's to end: its client says so. Any other disconnects.
  const part = () => {
    link = undefined;
    socket.emit(endEvent);
    // At once, with what it did not read. To an application's own socket this is a lost connection, which it makes anew.
    parting = setTimeout(() => socket.conn.close(true), patience).unref();
  };
  const end = (message: string) => {
    clearTimeout(parting);
    parting = undefined;
    link?.end({ code: "Lost", message, retryable: true });
    link = undefined;
    if (stopped) forget();
  };
  const ended = () => end("The client ended the link.");
  const disconnected = () => {
    stopped = true;
    end("The connection was lost.");
    gone();
  };
  const forget = () => {
    socket.off(frameEvent, receive);
    socket.off(endEvent, ended);
    socket.off("disconnect", disconnected);
  };
  socket.on(frameEvent, receive);
  socket.on(endEvent, ended);
  socket.on("disconnect", disconnected);
  return () => {
    stopped = true;
    if (!link && !parting) forget();
  };
}

/**
 * Whether it was opened by JSONP: by a script element of any page, for which browsers send no Origin. No client of
 * Socket.IO does so any more.
 */
function isOpenedByScript({ handshake: { query } }: Socket): boolean {
  return query.transport === "polling" && query.j !== undefined;
}

function maxBytes(namespace: Namespace): number {
  // Before the server is attached there is no engine, but then there are no sockets either.
  const { engine } = namespace.server as {
    readonly engine?: { readonly opts: { readonly maxHttpBufferSize?: number } };
  };
  return engine?.opts.maxHttpBufferSize ?? defaultMaxHttpBufferSize;
}
