import { createBus } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { type ProtocolHarness, protocolApplication, protocolContract } from "@eventwire/testing/protocol";
import type { Limits } from "@eventwire/wire";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { listen } from "../served-bus.js";

/** The protocol suite's server over real Socket.IO, and links to it of no more than a socket and its events. */
export async function socketIoProtocol(limits: Partial<Limits>): Promise<ProtocolHarness> {
  const { http, port } = await listen();
  const server = new Server(http, { serveClient: false });
  const bus = createBus(protocolContract, { onError: () => undefined });
  const { options, play } = protocolApplication(limits, Date.now);
  play(bus, serve(bus, server, options));
  return {
    connect(receiver, { auth }) {
      const socket = io(`http://127.0.0.1:${port}`, {
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
        ...(auth === undefined ? {} : { auth: auth as { readonly [name: string]: unknown } }),
      });
      // A frame of text comes as the array that it is, one of bytes as bytes.
      socket.on("eventwire", (frame: unknown) =>
        receiver.frame(frame instanceof Uint8Array ? frame : JSON.stringify(frame)),
      );
      socket.on("eventwire:end", () => {
        socket.emit("eventwire:end");
        receiver.ended();
      });
      socket.on("disconnect", () => receiver.ended());
      return new Promise((resolve, reject) => {
        socket.on("connect_error", reject);
        socket.on("connect", () =>
          resolve({ send: (frame) => socket.emit("eventwire", frame), close: () => socket.disconnect() }),
        );
      });
    },
    async close() {
      await bus.close({ drain: 0 });
      await server.close();
    },
  };
}
