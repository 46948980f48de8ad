import { systemRuntime } from "@eventwire/core";
import { socketSource as serverSource } from "@eventwire/socket.io/source";
import { SharedConnections, socketSource, urlSource } from "@eventwire/socket.io-client/source";
import type { LinkHarness } from "@eventwire/testing/link";
import { Server } from "socket.io";
import { io, type ManagerOptions, type SocketOptions } from "socket.io-client";
import { cuttingProxy } from "../cutting-proxy.js";
import { listen, quickly } from "../served-bus.js";

export interface SocketLinks {
  readonly transports: readonly ("polling" | "websocket")[];
  /** Whether the sockets are the application's own, which it connects itself. */
  readonly shared?: boolean;
}

/** The conformance suite's links over real Socket.IO, each client behind a proxy of its own. */
export async function socketLinks({ transports, shared = false }: SocketLinks): Promise<LinkHarness> {
  const { http, port } = await listen();
  // A silent connection is noticed within their sum; one that a slow machine keeps busy is none.
  // A silent connection is noticed within their sum; one that a slow machine keeps busy is taken for none.
  const server = new Server(http, { serveClient: false, pingInterval: 250, pingTimeout: 2_750 });
  const closing: (() => unknown)[] = [() => server.close()];
  const own = (
    url: string,
    more: Pick<Partial<ManagerOptions & SocketOptions>, "auth" | "extraHeaders"> = {},
  ) => {
    const { auth, ...rest } = more;
    const options = { transports: [...transports], forceNew: true, ...quickly, ...rest };
    if (!shared) return urlSource({ url, auth, socket: options }, new SharedConnections(), systemRuntime);
    const socket = io(url, { ...options, ...(auth && { auth }) });
    closing.unshift(() => socket.close());
    return socketSource(socket, systemRuntime);
  };
  return {
    server: serverSource(server),
    async client({ auth, headers } = {}) {
      const proxy = await cuttingProxy({ to: port, seed: 1 });
      closing.unshift(() => proxy.close());
      const cut = () => {
        // Between two polls there is no connection, so that the next one is what breaks.
        if (!transports.includes("websocket")) proxy.cutWithin(1, 1);
        proxy.cut();
      };
      const source = own(proxy.url, {
        ...(headers && { extraHeaders: { ...headers } }),
        ...(auth === undefined ? {} : { auth: auth as { readonly [name: string]: unknown } }),
      });
      return { source, cut, pause: proxy.pause, resume: proxy.resume };
    },
    // Port 9 is kept for those who discard what they get; nobody listens there.
    unreachable: () => own("http://127.0.0.1:9"),
    async close() {
      for (const close of closing) await close();
    },
  };
}
