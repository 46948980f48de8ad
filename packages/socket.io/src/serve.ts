import type { Bus, Contract, LinkSource } from "@eventwire/core";
import { createHub, type Hub, type Principal, type ServeOptions } from "@eventwire/wire";
import type { Namespace, Server } from "socket.io";
import { plainSource } from "./plain-source.js";
import { socketSource } from "./socket-source.js";

/**
 * Serves a bus over Socket.IO, to clients of Eventwire and to plain ones of Socket.IO in any language, which listen by
 * `eventwire:on`, and emit and ask by the names of the contract. Nobody may do anything that `allow` does not say. The application's own handlers,
 * middleware, namespaces and clients on the same server go on as they are.
 *
 * Warns, by a process warning with the code `EVENTWIRE_STATE_RECOVERY`, when Socket.IO's own connection state recovery
 * is on.
 *
 * @param io a server, for its main namespace, or one of its namespaces.
 * @throws {MisuseError} when the namespace serves a bus already, or the bus is on the client side.
 *
 * @example
 * ```ts
 * const hub = serve(bus, new Server(http), {
 *   authenticate: ({ auth }) => users.byToken(auth),
 *   allow: { listen: { "*": true }, emit: { "alert.raised": ({ peer }) => peer.user.crew } },
 * });
 * ```
 */
export function serve<C extends Contract, User extends Principal>(
  bus: Bus<C, "server">,
  io: Server | Namespace,
  options: ServeOptions<C, User>,
): Hub<C, User> {
  return createHub(bus, together(socketSource(io), plainSource(io, bus.contract)), options);
}

function together(first: LinkSource, second: LinkSource): LinkSource {
  return {
    listen(onLink, onFailure) {
      const stops = [first.listen(onLink, onFailure), second.listen(onLink, onFailure)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
