import { Server, type Socket } from "socket.io";
import { io as connect } from "socket.io-client";
import { type Mixture, pictureSchema, tickSchema } from "../../packets/mixture.js";
import { listenerPort } from "../../processes/listener-port.js";

/** Two events; the bytes of a picture are an attachment. The receiver validates in its handlers. */
export const mixture: Mixture = {
  async serve() {
    const io = new Server(0, {
      transports: ["websocket"],
      serveClient: false,
      maxHttpBufferSize: 100_000_000,
    });
    let client: Socket;
    io.on("connection", (socket) => {
      client = socket;
    });
    return {
      address: `http://127.0.0.1:${await listenerPort(io.httpServer)}`,
      tick: (tick) => client.emit("tick", tick),
      picture: (picture) => client.emit("picture", picture),
    };
  },
  async connect(address, { ticked, pictured, failed }) {
    const socket = connect(address, { transports: ["websocket"] });
    socket.on("tick", (data) => ticked(tickSchema.parse(data)));
    socket.on("picture", (data) => pictured(pictureSchema.parse(data)));
    socket.on("disconnect", failed);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
  },
};
