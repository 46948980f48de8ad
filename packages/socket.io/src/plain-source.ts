import { type Contract, InvalidError, type Link, type LinkSource } from "@eventwire/core";
import { decodeFrame, eventsOf, type Failure, fingerprint, type WireMessage } from "@eventwire/wire";
import type { Namespace, Server, Socket } from "socket.io";
import { LinkBudget } from "./link-budget.js";
import { maxHttpBufferSize } from "./max-http-buffer-size.js";
import { namespaceOf } from "./namespace-of.js";
import { type PlainCarriage, PlainCarrier } from "./plain-carrier.js";
import { plainJson } from "./plain-json.js";
import { isSaying } from "./plain-saying.js";

/** The plain clients of a namespace as links. A socket becomes one with the first that it says to the bus. */
export function plainSource(io: Server | Namespace, contract: Contract): LinkSource {
  const namespace = namespaceOf(io);
  const budget = new LinkBudget(10);
  return {
    listen(give) {
      /** Those that have said something. */
      const carriers = new Map<Socket, PlainCarrier>();
      let onLink: ((link: Link) => void) | undefined = give;
      const carriage: PlainCarriage = {
        contract,
        fingerprint: fingerprint(contract),
        read: plainReader(),
        // As much as a client of Eventwire may send.
        maxFrameBytes: () => Math.floor(maxHttpBufferSize(namespace) / 2),
        mayBegin: (socket) => budget.take(socket.conn),
        onLink: () => onLink,
        left(socket) {
          carriers.delete(socket);
          if (!onLink) socket.offAny(notice);
        },
      };
      /** Called by each socket as itself. */
      function notice(this: Socket, event: unknown): void {
        if (typeof event !== "string" || !isSaying(contract, event)) return;
        let carrier = carriers.get(this);
        if (!carrier) {
          if (!onLink) {
            this.offAny(notice);
            return;
          }
          carrier = new PlainCarrier(this, carriage);
          carriers.set(this, carrier);
        }
        carrier.listenFor(event);
      }
      const accept = (socket: Socket) => {
        // Namespaces of a pattern keep what was once said of it.
        if (onLink) socket.onAny(notice);
      };
      namespace.on("connection", accept);
      for (const socket of namespace.sockets.values()) accept(socket);
      return () => {
        onLink = undefined;
        namespace.off("connection", accept);
        // Those of namespaces of a pattern stop when they hear something next.
        for (const socket of namespace.sockets.values()) if (!carriers.has(socket)) socket.offAny(notice);
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
