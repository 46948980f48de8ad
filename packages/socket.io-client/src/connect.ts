import type { Contract } from "@eventwire/core";
import { type ClientBus, type ClientOptions, createClient } from "@eventwire/wire";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { socketSource } from "./socket-source.js";

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
 * @param target the server's URL; or a socket of the application's own, which is then shared: it is the
 * application that connects it, and ends it.
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
  { auth, socket: own, ...options }: ConnectOptions = {},
): ClientBus<C> {
  if (typeof target !== "string") return join(contract, target, false, options);
  const socket = io(target, {
    transports: ["websocket"],
    autoConnect: false,
    ...(auth === undefined ? {} : { auth }),
    ...own,
  });
  return join(contract, socket, true, options);
}

function join<C extends Contract>(
  contract: C,
  socket: Socket,
  owned: boolean,
  options: Omit<ClientOptions, "auth" | "refresh">,
): ClientBus<C> {
  return createClient(contract, socketSource(socket, owned), { ...options, refresh: () => authOf(socket) });
}

/** What the socket's own opening would carry now. */
function authOf(socket: Socket): unknown {
  const { auth } = socket;
  if (typeof auth !== "function") return auth;
  return new Promise((resolve) => (auth as (give: (data: object) => void) => void).call(socket, resolve));
}
