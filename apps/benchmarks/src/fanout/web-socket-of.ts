import type { Socket } from "socket.io-client";
import type { WebSocket } from "ws";

/** The WebSocket under a connected client of Socket.IO. */
export function webSocketOf({ io: { engine } }: Socket): WebSocket {
  const { ws } = engine.transport as unknown as { readonly ws?: WebSocket };
  if (ws === undefined) throw new Error(`The transport is ${engine.transport.name}.`);
  return ws;
}
