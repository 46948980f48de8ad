import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Bus, Contract } from "@eventwire/core";
import { attach } from "@eventwire/core/attach";
import { createHub, type Hub, type ServeOptions as HubOptions, type Principal } from "@eventwire/wire";
import type { WebSocketServer } from "ws";
import { socketServerSource } from "./socket-server-source.js";
import { upgradeSource } from "./upgrade-source.js";

export interface ServeOptions<C extends Contract, User extends Principal> extends HubOptions<C, User> {
  /** The path of the URL that clients connect to, on an HTTP server. Default `"/eventwire"`. */
  readonly path?: string;
  /** How many connections may be open at once; more are refused before they are. Default 10,000. */
  readonly maxConnections?: number;
}

/**
 * Serves a bus over WebSocket. Nobody may do anything that `allow` does not say.
 *
 * On an HTTP server it takes the upgrades of one path and leaves all others alone, so that it stands beside Socket.IO or
 * further WebSocket servers. Pages of other origins and connections over `maxConnections` are refused before the upgrade,
 * with 403 and 503; frames are bounded by `limits.frameBytes` (default 1,000,000) while they are read; nothing is
 * compressed.
 *
 * A `WebSocketServer` of the application's own is for where something else does the upgrade. Each of its connections is
 * then taken for a peer; its own `path`, `maxPayload` and `perMessageDeflate` count, and origins are checked at the
 * hello. Set its `maxPayload`: ws takes 100 MiB by default, of which a process warning with the code
 * `EVENTWIRE_MAX_PAYLOAD` reminds.
 *
 * @throws {MisuseError} when this path, or this WebSocketServer, serves a bus already; or the bus is on the client side.
 *
 * @example
 * ```ts
 * const http = createServer(app).listen(3000);
 * const hub = serve(bus, http, {
 *   authenticate: ({ auth }) => users.byToken(auth),
 *   allow: { listen: { "*": true }, emit: { "alert.raised": ({ peer }) => peer.user.crew } },
 * });
 * ```
 */
export function serve<C extends Contract, User extends Principal>(
  bus: Bus<C, "server">,
  server: HttpServer | HttpsServer | WebSocketServer,
  options: ServeOptions<C, User>,
): Hub<C, User> {
  const { runtime } = attach(bus);
  const source =
    "handleUpgrade" in server
      ? socketServerSource(server, runtime, options)
      : upgradeSource(server, runtime, options);
  return createHub(bus, source, options);
}
