import { createBus, defineContract, event } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { Server } from "socket.io";
import { io as connectSocket } from "socket.io-client";
import type { Fanout } from "../fanout/fanout.js";
import { webSocketOf } from "../fanout/web-socket-of.js";
import { listenerPort } from "../processes/listener-port.js";
import { positionSchema } from "../traffic/positions.js";

const contract = defineContract({ "flight.moved": event(positionSchema) });

/** `bus.emit` to all who listen; the server checks what it sends. The client is given a socket, for that can be looked into. */
export const fanout: Fanout = {
  async serve(failed) {
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    const bus = createBus(contract, { onError: failed });
    serve(bus, io, { authenticate: () => ({ id: "client" }), allow: { listen: { "*": true } } });
    const address = `http://127.0.0.1:${await listenerPort(io.httpServer)}`;
    return { address, emit: (position) => bus.emit("flight.moved", position) };
  },
  async join(address, { received, failed }) {
    const socket = connectSocket(address, { transports: ["websocket"], forceNew: true });
    const bus = connect(contract, socket, { onError: failed });
    await bus.on("flight.moved", received).ready;
    return webSocketOf(socket);
  },
};
