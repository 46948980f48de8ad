import { createBus, defineContract, request } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { connect } from "@eventwire/socket.io-client";
import { Server } from "socket.io";
import { answerSchema, type Dialogue, questionSchema } from "../latency/dialogue.js";
import { listenerPort } from "../processes/listener-port.js";

const contract = defineContract({
  "flight.position": request({ input: questionSchema, output: answerSchema }),
});

/** A request of the contract; the server lets a peer ask as many at once as the suite does. */
export const dialogue: Dialogue = {
  async serve(answer) {
    const io = new Server(0, { transports: ["websocket"], serveClient: false });
    const bus = createBus(contract);
    bus.handle("flight.position", answer);
    serve(bus, io, {
      authenticate: () => ({ id: "client" }),
      allow: { request: { "*": true } },
      limits: { requests: 1_000, messages: Infinity },
    });
    return `http://127.0.0.1:${await listenerPort(io.httpServer)}`;
  },
  async connect(address) {
    const bus = connect(contract, address);
    return (question) => bus.request("flight.position", question);
  },
};
