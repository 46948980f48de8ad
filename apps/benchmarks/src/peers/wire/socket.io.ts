import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { listenerPort } from "../../processes/listener-port.js";
import { positionSchema } from "../../traffic/positions.js";
import type { Emit, Receiver, Wire } from "../../wire/wire.js";

/** An event a position, over WebSocket from the beginning; the receiver validates in its handler. */
export const wire: Wire = {
  async serve(receiver) {
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    let emit: Emit;
    io.on("connection", (socket) => {
      socket.on("position", checked(receiver));
      emit = (position) => socket.emit("position", position);
    });
    const address = `http://127.0.0.1:${await listenerPort(io.httpServer)}`;
    return { address, emit: (position) => emit(position) };
  },
  async connect(address, receiver) {
    const socket = connect(address, { transports: ["websocket"] });
    socket.on("position", checked(receiver));
    socket.on("disconnect", receiver.failed);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return (position) => socket.emit("position", position);
  },
};

function checked({ received, refused }: Receiver): (data: unknown) => void {
  return (data) => {
    const { success, data: position } = positionSchema.safeParse(data);
    if (success) received(position);
    else refused();
  };
}
