import { type Contract, InvalidError, type Link, type LinkSource } from "@eventwire/core";
import { decodeFrame, eventsOf, type Failure, fingerprint, type WireMessage } from "@eventwire/wire";
import type { Namespace, Server, Socket } from "socket.io";
import { LinkBudget } from "./link-budget.js";
import { maxHttpBufferSize } from "./max-http-buffer-size.js";
import { namespaceOf } from "./namespace-of.js";
import { PlainCarrier } from "./plain-carrier.js";
import { plainJson } from "./plain-json.js";

/** The plain clients of a namespace as links. A socket becomes one with the first that it says to the bus. */
export function plainSource(io: Server | Namespace, contract: Contract): LinkSource {
  const namespace = namespaceOf(io);
  const budget = new LinkBudget(10);
  return {
    listen(give) {
      const carriers = new Map<Socket, PlainCarrier>();
      let onLink: ((link: Link) => void) | undefined = give;
      const shared = {
        contract,
        fingerprint: fingerprint(contract),
        read: plainReader(),
        onLink: () => onLink,
      };
      const accept = (socket: Socket) => {
        // Namespaces of a pattern keep what was once said of it.
        if (!onLink) return;
        const carrier = new PlainCarrier(socket, {
          ...shared,
          // As much as a client of Eventwire may send.
          maxFrameBytes: Math.floor(maxHttpBufferSize(namespace) / 2),
          mayBegin: () => budget.take(socket.conn),
          left: () => carriers.delete(socket),
        });
        carriers.set(socket, carrier);
      };
      namespace.on("connection", accept);
      for (const socket of namespace.sockets.values()) accept(socket);
      return () => {
        onLink = undefined;
        namespace.off("connection", accept);
        for (const carrier of carriers.values()) carrier.leave();
      };
    },
  };
}

/** Reads frames, the same one once: an event that many plain clients listen to comes as the same frame to each. */
export function plainReader(): (frame: string | Uint8Array) => readonly WireMessage[] {
  let last: string | Uint8Array | undefined;
  let messages: readonly WireMessage[] = [];
  return (frame) => {
    if (frame !== last) {
      messages = decodeFrame(frame).flatMap((message) => {
        if (message instanceof InvalidError) return [];
        return message[0] === "events" ? [...eventsOf(message)].map(plain) : [plain(message)];
      });
      last = frame;
    }
    return messages;
  };
}

function plain(message: WireMessage): WireMessage {
  switch (message[0]) {
    case "event":
      return ["event", message[1], plainJson(message[2]), message[3], ...(message.slice(4) as [])];
    case "answer":
      return ["answer", message[1], plainJson(message[2])];
    case "failed":
      return ["failed", message[1], plainJson(message[2]) as Failure];
    default:
      return message;
  }
}
