import { type Contract, MisuseError, systemRuntime } from "@eventwire/core";
import { type ClientBus, type ClientOptions, connectClient, type ReconnectOptions } from "@eventwire/wire";
import { socketSource } from "./socket-source.js";
import { socketUrl } from "./socket-url.js";
import type { WebSocketConstructor } from "./web-socket-like.js";

export interface ConnectOptions extends ClientOptions {
  /** How long it waits before it connects again: twice as long each time, and by chance, up to a bound. */
  readonly reconnect?: ReconnectOptions | undefined;
  /** How long a connection may take to open, in milliseconds. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Default: the platform's. Node 20 has none: pass the `WebSocket` of ws, or a class of yours that extends it. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}

/**
 * Connects to a bus that is served over WebSocket. The result is a bus at once: what is listened to, emitted and asked
 * before it is connected waits, and what is listened to is asked for again on each new connection.
 *
 * @param url of `ws:`, `wss:`, `http:` or `https:`; in a page it may also be relative. Credentials belong into `auth`: what is in
 * a URL ends up in logs.
 * @throws {MisuseError} when it is no such URL, has a user name or a password, or the platform has no WebSocket and none is given.
 *
 * @example
 * ```ts
 * const bus = connect(airspace, "wss://air.example/eventwire", { auth: () => session.token() });
 * bus.on("flight.position", (position) => map.move(position), { key: "UA1" });
 * ```
 */
export function connect<C extends Contract>(
  contract: C,
  url: string | URL,
  { reconnect, connectTimeout, WebSocket = platformWebSocket(), ...options }: ConnectOptions = {},
): ClientBus<C> {
  const { runtime = systemRuntime } = options;
  const source = socketSource(socketUrl(url), { runtime, reconnect, connectTimeout, WebSocket });
  return connectClient(contract, source, options);
}

function platformWebSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { readonly WebSocket?: WebSocketConstructor };
  if (WebSocket) return WebSocket;
  throw new MisuseError('This platform has no WebSocket. Pass one: import { WebSocket } from "ws".');
}
