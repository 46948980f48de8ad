import { systemRuntime } from "@eventwire/core";
import type { LinkHarness } from "@eventwire/testing/link";
import { socketServerSource, socketSource, upgradeSource } from "@eventwire/websocket/source";
import { WebSocket, WebSocketServer } from "ws";
import { cuttingProxy } from "../cutting-proxy.js";
import { listen } from "../served-bus.js";

const runtime = systemRuntime;
/** By which a client tries again at once. */
const quickly = { runtime, reconnect: { delay: 5, maxDelay: 10 }, connectTimeout: 500 };

/** The conformance suite's links over real WebSocket, each client behind a proxy of its own. */
export async function webSocketLinks({ own = false } = {}): Promise<LinkHarness> {
  const { http, port } = await listen();
  const path = "/bus";
  const server = own
    ? socketServerSource(new WebSocketServer({ server: http, path, maxPayload: 100_000 }), runtime, {})
    : upgradeSource(http, runtime, { path, limits: { frameBytes: 100_000 }, origins: "*" });
  const closing = [() => new Promise((resolve) => http.close(resolve))];
  return {
    server,
    async client({ headers } = {}) {
      const proxy = await cuttingProxy({ to: port, seed: 1 });
      closing.unshift(() => proxy.close());
      class Headed extends WebSocket {
        constructor(url: string, protocol: string) {
          super(url, protocol, { headers });
        }
      }
      const source = socketSource(new URL(`ws://127.0.0.1:${proxy.port}${path}`), {
        ...quickly,
        WebSocket: Headed,
      });
      const { cut, pause, resume } = proxy;
      return { source, cut, pause, resume };
    },
    // Port 9 is kept for those who discard what they get; nobody listens there.
    unreachable: () => socketSource(new URL("ws://127.0.0.1:9"), { ...quickly, WebSocket }),
    async close() {
      for (const close of closing) await close();
    },
  };
}
