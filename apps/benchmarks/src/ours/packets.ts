import { createBus, defineContract, event } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { Server } from "socket.io";
import { type Mixture, pictureSchema, tickSchema } from "../packets/mixture.js";
import { listenerPort } from "../processes/listener-port.js";

const contract = defineContract({ "clock.ticked": event(tickSchema), "picture.taken": event(pictureSchema) });

/** Room for one picture at a time. */
const limits = { messageBytes: 60_000_000 };

/** Two events of one contract, over one connection. */
export const mixture: Mixture = {
  async serve(failed) {
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    const bus = createBus(contract, { onError: failed });
    serve(bus, io, {
      authenticate: () => ({ id: "client" }),
      allow: { listen: { "*": true } },
      limits: { bufferedBytes: limits.messageBytes },
    });
    return {
      address: `http://127.0.0.1:${await listenerPort(io.httpServer)}`,
      tick: (tick) => bus.emit("clock.ticked", tick),
      picture: (picture) => bus.emit("picture.taken", picture),
    };
  },
  async connect(address, { ticked, pictured, failed }) {
    const bus = connect(contract, address, { onError: failed, limits });
    await Promise.all([bus.on("clock.ticked", ticked).ready, bus.on("picture.taken", pictured).ready]);
  },
};
