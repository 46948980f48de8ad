import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { answerSchema, type Dialogue, questionSchema } from "../../latency/dialogue.js";
import { listenerPort } from "../../processes/listener-port.js";

/** `emitWithAck`; both sides validate by hand. */
export const dialogue: Dialogue = {
  async serve(answer) {
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    io.on("connection", (socket) => {
      socket.on("position", (data, reply) => {
        const { success, data: question } = questionSchema.safeParse(data);
        reply(success ? answer(question) : { error: "invalid" });
      });
    });
    return `http://127.0.0.1:${await listenerPort(io.httpServer)}`;
  },
  async connect(address) {
    const socket = connect(address, { transports: ["websocket"] });
    return async (question) => answerSchema.parse(await socket.emitWithAck("position", question));
  },
};
