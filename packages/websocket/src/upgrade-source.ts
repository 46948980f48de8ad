import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type LinkSource, MisuseError, type Runtime } from "@eventwire/core";
import { allowsOrigin, type Limits, type Origins } from "@eventwire/wire";
import { WebSocketServer } from "ws";
import { Connections } from "./connections.js";
import { maxFrameBytes, requestFacts, serverLink } from "./server-link.js";
import { refuseUpgrade, takeUpgrades } from "./upgrades.js";

/** The largest frame that is taken where the application does not say, in bytes. */
const defaultFrameBytes = 1_000_000;

export interface UpgradeSourceOptions {
  readonly path?: string;
  readonly maxConnections?: number;
  readonly origins?: Origins;
  readonly limits?: Partial<Limits>;
}

/** The WebSocket connections that are made to one path of an HTTP server as links. */
export function upgradeSource(
  server: HttpServer | HttpsServer,
  runtime: Runtime,
  { path = "/eventwire", maxConnections, origins, limits }: UpgradeSourceOptions,
): LinkSource {
  if (!path.startsWith("/")) throw new MisuseError(`The path "${path}" does not begin with a slash.`);
  const connections = new Connections(maxConnections);
  const { frameBytes = defaultFrameBytes } = limits ?? {};
  const maxPayload = Number.isFinite(frameBytes) ? Math.min(frameBytes, maxFrameBytes) : defaultFrameBytes;
  return {
    listen(onLink) {
      const sockets = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload,
      });
      return takeUpgrades(server, path, (request: IncomingMessage, stream: Duplex, head: Buffer) => {
        const facts = requestFacts(request, maxPayload);
        if (!allowsOrigin(origins, facts)) {
          refuseUpgrade(stream, 403, "Pages of this origin may not connect.");
        } else if (connections.full) {
          refuseUpgrade(stream, 503, "There are too many connections.");
        } else {
          sockets.handleUpgrade(request, stream, head, (socket) => {
            connections.add(socket);
            onLink(serverLink(socket, facts, runtime));
          });
        }
      });
    },
  };
}
