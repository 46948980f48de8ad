import type { IncomingMessage } from "node:http";
import { type LinkSource, MisuseError, type Runtime } from "@eventwire/core";
import type { WebSocket, WebSocketServer } from "ws";
import { Connections } from "./connections.js";
import { hangUp, maxFrameBytes, requestFacts, serverLink } from "./server-link.js";

/** Marks a WebSocketServer that is served, also for another copy of this package. */
const served = Symbol.for("eventwire.served");

export interface SocketServerSourceOptions {
  readonly path?: string;
  readonly maxConnections?: number;
}

/** The connections of a WebSocketServer of the application's own as links. */
export function socketServerSource(
  server: WebSocketServer & { [served]?: boolean },
  runtime: Runtime,
  { path, maxConnections }: SocketServerSourceOptions,
): LinkSource {
  if (path !== undefined) {
    throw new MisuseError(
      "A WebSocketServer has a path of its own: leave out { path }, or pass the HTTP server.",
    );
  }
  const connections = new Connections(maxConnections);
  return {
    listen(onLink) {
      if (server[served]) {
        throw new MisuseError("This WebSocketServer serves a bus already. Close that hub first.");
      }
      server[served] = true;
      const maxPayload = maxPayloadOf(server);
      const accept = (socket: WebSocket, request: IncomingMessage) => {
        if (connections.full) {
          socket.on("error", () => socket.terminate());
          hangUp(socket, 1013, "Unavailable: There are too many connections.", runtime);
          return;
        }
        connections.add(socket);
        onLink(serverLink(socket, requestFacts(request, maxPayload), runtime));
      };
      server.on("connection", accept);
      let stopped = false;
      return () => {
        if (stopped) return;
        stopped = true;
        server.off("connection", accept);
        delete server[served];
      };
    },
  };
}

function maxPayloadOf({ options: { maxPayload } }: WebSocketServer): number {
  // ws takes 0 for no limit.
  const bytes = maxPayload || Number.MAX_SAFE_INTEGER;
  if (bytes > maxFrameBytes) {
    process.emitWarning(
      `The WebSocketServer that serves a bus takes messages of ${bytes} bytes, from anybody. Set its maxPayload, such as to 1000000.`,
      { type: "EventwireWarning", code: "EVENTWIRE_MAX_PAYLOAD" },
    );
  }
  return Math.min(bytes, maxFrameBytes);
}
