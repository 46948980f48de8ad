import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { listenerPort } from "../../processes/listener-port.js";
import { type Position, positionSchema } from "../../traffic/positions.js";
import type { Emit, Receiver, Wire } from "../../wire/wire.js";

/** How many positions an event of Socket.IO carries at most. */
const most = 100;

/** Written by hand over Socket.IO: what is sent in one turn goes as arrays; the receiver validates each position. */
export const wire: Wire = {
  async serve(receiver) {
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    let send: (positions: readonly Position[]) => void;
    io.on("connection", (socket) => {
      socket.on("positions", checked(receiver));
      send = (positions) => socket.emit("positions", positions);
    });
    const address = `http://127.0.0.1:${await listenerPort(io.httpServer)}`;
    return { address, emit: batched((positions) => send(positions)) };
  },
  async connect(address, receiver) {
    const socket = connect(address, { transports: ["websocket"] });
    socket.on("positions", checked(receiver));
    socket.on("disconnect", receiver.failed);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return batched((positions) => socket.emit("positions", positions));
  },
};

function batched(send: (positions: readonly Position[]) => void): Emit {
  let batch: Position[] = [];
  const flush = () => {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    send(full);
  };
  return (position) => {
    if (batch.push(position) === 1) queueMicrotask(flush);
    else if (batch.length === most) flush();
  };
}

function checked({ received, refused }: Receiver): (batch: unknown) => void {
  return (batch) => {
    if (!Array.isArray(batch)) return;
    for (const data of batch) {
      const { success, data: position } = positionSchema.safeParse(data);
      if (success) received(position);
      else refused();
    }
  };
}
