import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import type { Fanout } from "../../fanout/fanout.js";
import { webSocketOf } from "../../fanout/web-socket-of.js";
import { listenerPort } from "../../processes/listener-port.js";

/** `io.emit`, which encodes once for all clients. */
export const fanout: Fanout = {
  async serve() {
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    const address = `http://127.0.0.1:${await listenerPort(io.httpServer)}`;
    return { address, emit: (position) => io.emit("position", position) };
  },
  async join(address, { received, failed }) {
    const socket = connect(address, { transports: ["websocket"], forceNew: true });
    socket.on("position", received);
    socket.on("disconnect", failed);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return webSocketOf(socket);
  },
};
