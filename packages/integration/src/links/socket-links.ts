import { socketSource as serverSource } from "@eventwire/socket.io/source";
import { socketSource as clientSource } from "@eventwire/socket.io-client/source";
import type { LinkHarness } from "@eventwire/testing/link";
import { Server } from "socket.io";
import { io } from "socket.io-client";
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
  // A silent connection is noticed within their sum.
  const server = new Server(http, { serveClient: false, pingInterval: 250, pingTimeout: 750 });
  const closing: (() => unknown)[] = [() => server.close()];
  const options = { transports: [...transports], autoConnect: shared, forceNew: true, ...quickly };
  const own = (socket: ReturnType<typeof io>) => {
    closing.unshift(() => socket.close());
    return clientSource(socket, !shared);
  };
  return {
    server: serverSource(server),
    async client({ auth, headers } = {}) {
      const proxy = await cuttingProxy({ to: port, seed: 1 });
      closing.unshift(() => proxy.close());
      const socket = io(proxy.url, {
        ...options,
        ...(headers && { extraHeaders: { ...headers } }),
        ...(auth === undefined ? {} : { auth: auth as { readonly [name: string]: unknown } }),
      });
      const cut = () => {
        // Between two polls there is no connection, so that the next one is what breaks.
        if (!transports.includes("websocket")) proxy.cutWithin(1, 1);
        proxy.cut();
      };
      return { source: own(socket), cut, pause: proxy.pause, resume: proxy.resume };
    },
    // Port 9 is kept for those who discard what they get; nobody listens there.
    unreachable: () => own(io("http://127.0.0.1:9", options)),
    async close() {
      for (const close of closing) await close();
    },
  };
}
