import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { testLink } from "@eventwire/testing/link";
import { tcpClientLinks, tcpServerLinks } from "./tcp-links.js";

testLink("a link over TCP", {
  features: {
    binary: true,
    loneSurrogates: { value: false, because: "its text is UTF-8, which has no halves of a pair" },
    backpressure: true,
    flushes: true,
    reasons: true,
    reconnects: true,
    heartbeat: { value: false, because: "facts.halfOpen has the two buses ask for signs of life" },
    address: true,
    headers: { value: false, because: "a TCP connection begins with no request" },
    auth: { value: false, because: "it begins with nothing, so the client's hello says who it is" },
    cuttable: true,
    pausable: { value: false, because: "the operating system's buffers cannot be held" },
  },
  async createHarness() {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const accepted: Socket[] = [];
    server.on("connection", (socket) => accepted.push(socket));
    const quickly = { delay: 5, maxDelay: 10 };
    return {
      server: tcpServerLinks(server),
      client() {
        let socket: Socket | undefined;
        const connect = () => {
          socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
          return socket;
        };
        return { source: tcpClientLinks(connect, quickly), cut: () => void socket?.destroy() };
      },
      unreachable: () => tcpClientLinks(() => createConnection({ path: "/nobody/listens/here" }), quickly),
      async close() {
        for (const socket of accepted) socket.destroy();
        server.close();
        await once(server, "close");
      },
    };
  },
});
