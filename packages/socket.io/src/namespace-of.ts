import type { Namespace, Server } from "socket.io";

/** The namespace itself, or a server's main one. */
export function namespaceOf(io: Server | Namespace): Namespace {
  // Not by instanceof, which fails where an application has a second copy of Socket.IO.
  return "of" in io ? io.of("/") : io;
}
