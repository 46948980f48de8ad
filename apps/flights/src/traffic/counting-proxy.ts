import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** A way to a server that counts what passes. */
export interface CountingProxy {
  /** The address to use instead of the server's. */
  readonly url: string;
  /** Bytes of TCP's payload: toward the server, and from it. */
  readonly counts: { readonly up: number; readonly down: number };
  /** Takes no further connections. */
  close(): void;
}

/** Passes TCP connections on to a server. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const counts = { up: 0, down: 0 };
  const server = createServer((downstream) => {
    const upstream = connect(Number(port), hostname);
    downstream.on("data", ({ length }) => {
      counts.up += length;
    });
    upstream.on("data", ({ length }) => {
      counts.down += length;
    });
    downstream.pipe(upstream).pipe(downstream);
    for (const socket of [downstream, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => {
        downstream.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}`, counts, close: () => server.close() };
}
