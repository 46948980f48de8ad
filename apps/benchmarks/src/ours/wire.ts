import { createBus, defineContract, event, InvalidError } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { Server } from "socket.io";
import { positionSchema } from "../traffic/positions.js";
import type { Receiver, Wire } from "../wire/wire.js";

const contract = defineContract({ "flight.moved": event(positionSchema, { from: "both" }) });

/** As its own guide shows it: one `emit` an event, `serve` with what peers may do, `connect` with an address. */
export const wire: Wire = {
  async serve(receiver, json = false) {
    const io = new Server(0, { transports: ["websocket"] });
    const bus = createBus(contract, { onError: refusals(receiver) });
    serve(bus, io, {
      authenticate: () => ({ id: "client" }),
      allow: { emit: { "*": true }, listen: { "*": true } },
      // How many come in a second is what is measured; none of the others has a bound on it.
      limits: { messages: Infinity, refusals: Infinity },
      codec: json ? "json" : "messagepack",
    });
    bus.on("flight.moved", (position, { peer }) => {
      if (peer) receiver.received(position);
    });
    return { address: addressOf(io), emit: (position) => bus.emit("flight.moved", position) };
  },
  async connect(address, receiver) {
    const bus = connect(contract, address, { onError: refusals(receiver) });
    await bus.on("flight.moved", (position, { peer }) => {
      if (peer) receiver.received(position);
    }).ready;
    return (position) => bus.emit("flight.moved", position);
  },
};

/** A client is told of each event of its own that was refused; a server refuses to send what its schema does not accept. */
function refusals({ refused, failed }: Receiver): (error: unknown) => void {
  return (error) => {
    if (error instanceof InvalidError) refused();
    else failed(error);
  };
}

function addressOf({ httpServer }: Server): string {
  const address = httpServer.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}
