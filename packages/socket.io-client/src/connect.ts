import { type Contract, systemRuntime } from "@eventwire/core";
import { type ClientBus, type ClientOptions, connectClient } from "@eventwire/wire";
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import { type Auth, ask } from "./opening-auth.js";
import { SharedConnections } from "./shared-connections.js";
import { socketSource } from "./socket-source.js";
import { urlSource } from "./url-source.js";

export interface ConnectOptions extends Omit<ClientOptions, "auth" | "refresh"> {
  /** What the server's `authenticate` finds as `auth`, such as `{ token }`. Called for each connection if a function. */
  readonly auth?: SocketOptions["auth"];
  /**
   * Options of Socket.IO's own, such as `{ path, withCredentials }`. Default: `{ transports: ["websocket"] }`, since
   * HTTP polling needs sticky sessions where there is more than one server. Not `retries`: Socket.IO would send frames
   * again that belong to an earlier connection.
   */
  readonly socket?: Partial<Omit<ManagerOptions & SocketOptions, "retries" | "ackTimeout">>;
}

/**
 * Connects to a bus that is served over Socket.IO. The result is a bus at once: what is listened to, emitted and asked
 * before it is connected waits, and what is listened to is asked for again on each new connection.
 *
 * Up to 8 buses of the same URL, `auth` and `socket` share one connection, which ends with the last of them. Objects are
 * compared by what is in them, functions by identity. `socket: { forceNew: true }` has one of its own.
 *
 * @param target the server's URL; or a socket of the application's own, which up to 8 buses may share: it is the
 * application that connects it, and ends it.
 * @throws {MisuseError} when the application's socket carries 8 buses already.
 *
 * @example
 * ```ts
 * const bus = connect(airspace, "https://air.example");
 * bus.on("flight.position", (position) => map.move(position), { key: "UA1" });
 * ```
 */
export function connect<C extends Contract>(
  contract: C,
  target: string | Socket,
  // Socket.IO's own opening carries auth, so the hello does not.
  { auth: given, socket: { auth = given, ...socket } = {}, ...options }: ConnectOptions = {},
): ClientBus<C> {
  const { runtime = systemRuntime } = options;
  const apart = socket.forceNew === true || socket.multiplex === false;
  const connections = apart ? new SharedConnections() : SharedConnections.ofAll();
  const source =
    typeof target === "string"
      ? urlSource({ url: target, auth, socket }, connections, runtime)
      : socketSource(target, runtime);
  const refresh = () => (typeof target === "string" ? ask(auth) : ask(target.auth as Auth, target));
  return connectClient(contract, source, { ...options, refresh });
}
