import { join } from "node:path";
import { createBus, defineContract, event } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import { io as connectSocket } from "socket.io-client";
import { listenerPort } from "../processes/listener-port.js";
import type { Recovery } from "../resume/recovery.js";
import { positionSchema } from "../traffic/positions.js";

const contract = defineContract({ "flight.moved": event(positionSchema, { delivery: "durable" }) });

/** Durable events, which each client reads on from where it was. */
export const recovery: Recovery = {
  async serve({ store, port, failed }) {
    const io = new Server(port, { transports: ["websocket"], serveClient: false });
    const broker = sqlite(join(store, "positions.db"));
    const bus = createBus(contract, { broker, onError: failed });
    serve(bus, io, { authenticate: () => ({ id: "client" }), allow: { listen: { "*": true } } });
    return {
      port: await listenerPort(io.httpServer),
      emit: (position) => bus.emit("flight.moved", position),
      connected: () => io.engine.clientsCount,
      close: () => Promise.all([bus.close(), io.close()]),
    };
  },
  async join(address, { received, failed }) {
    const socket = connectSocket(address, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
    });
    const bus = connect(contract, socket, { onError: failed });
    const onGap = ({ reason }: { readonly reason: string }) => failed(`There is a gap: ${reason}.`);
    await bus.on("flight.moved", received, { onGap }).ready;
    return { cut: () => socket.io.engine.close(), resume: () => socket.connect() };
  },
};
