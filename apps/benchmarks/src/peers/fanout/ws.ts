import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Fanout } from "../../fanout/fanout.js";

/** A text message a position, encoded once, sent to each client in a loop as its documentation shows. */
export const fanout: Fanout = {
  async serve() {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
    await once(server, "listening");
    return {
      address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      emit(position) {
        const data = Buffer.from(JSON.stringify(position));
        for (const client of server.clients)
          if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false });
      },
    };
  },
  async join(address, { received, failed }) {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    socket.on("message", (data) => received(JSON.parse(data.toString())));
    socket.on("close", failed);
    await once(socket, "open");
    return socket;
  },
};
