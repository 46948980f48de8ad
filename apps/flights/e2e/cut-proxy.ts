import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can be cut. */
export interface CutProxy {
  /** The address to use instead of the server's. */
  readonly url: string;
  /** Breaks every connection, and refuses new ones until mended: all, or those of the bus, so that the page itself can be loaded. */
  cut(what?: "all" | "bus"): void;
  mend(): void;
  close(): Promise<void>;
}

/** Passes TCP connections on to a server. */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let broken: "all" | "bus" | undefined;
  const track = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
    // A broken connection is what this is for; `close` follows and does the rest.
    socket.on("error", () => socket.destroy());
    socket.pipe(other);
  };
  const server = createServer((downstream) => {
    if (broken === "all") {
      downstream.destroy();
      return;
    }
    downstream.once("data", (chunk) => {
      if (broken && chunk.includes("GET /socket.io/")) downstream.destroy();
    });
    const upstream = connect(Number(port), hostname);
    track(downstream, upstream);
    track(upstream, downstream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut(what = "all") {
      broken = what;
      breakAll();
    },
    mend() {
      broken = undefined;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      breakAll();
      await closed;
    },
  };
}
