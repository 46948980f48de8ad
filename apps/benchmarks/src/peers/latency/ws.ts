import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { answerSchema, type Dialogue, questionSchema } from "../../latency/dialogue.js";

/** A message each way, with a number by hand by which an answer finds its question; both sides validate by hand. */
export const dialogue: Dialogue = {
  async serve(answer) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
    server.on("connection", (socket) => {
      socket.on("message", (message) => {
        const [ref, data] = JSON.parse(message.toString());
        const { success, data: question } = questionSchema.safeParse(data);
        socket.send(JSON.stringify([ref, success ? answer(question) : { error: "invalid" }]));
      });
    });
    await once(server, "listening");
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  async connect(address) {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    const waiting = new Map<number, (answer: unknown) => void>();
    let last = 0;
    socket.on("message", (message) => {
      const [ref, answer] = JSON.parse(message.toString());
      waiting.get(ref)?.(answer);
      waiting.delete(ref);
    });
    await once(socket, "open");
    return async (question) => {
      const ref = ++last;
      const answered = new Promise((resolve) => waiting.set(ref, resolve));
      socket.send(JSON.stringify([ref, question]));
      return answerSchema.parse(await answered);
    };
  },
};
