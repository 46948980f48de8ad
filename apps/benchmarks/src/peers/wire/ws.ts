import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { positionSchema } from "../../traffic/positions.js";
import type { Emit, Receiver, Wire } from "../../wire/wire.js";

/** A text message a position, uncompressed. */
export const wire: Wire = {
  async serve(receiver) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
    let emit: Emit;
    server.on("connection", (socket) => {
      socket.on("message", checked(receiver));
      emit = (position) => socket.send(JSON.stringify(position));
    });
    await once(server, "listening");
    return {
      address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      emit: (position) => emit(position),
    };
  },
  async connect(address, receiver) {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    socket.on("message", checked(receiver));
    socket.on("close", receiver.failed);
    await once(socket, "open");
    return (position) => socket.send(JSON.stringify(position));
  },
};

function checked({ received, refused }: Receiver): (message: RawData) => void {
  return (message) => {
    const { success, data: position } = positionSchema.safeParse(JSON.parse(message.toString()));
    if (success) received(position);
    else refused();
  };
}
