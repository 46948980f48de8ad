import { createBus } from "@eventwire/core";
import { type ProtocolHarness, protocolApplication, protocolContract } from "@eventwire/testing/protocol";
import { serve } from "@eventwire/websocket";
import type { Limits } from "@eventwire/wire";
import { WebSocket } from "ws";
import { listen } from "../served-bus.js";

/** The protocol suite's server over real WebSocket, and links to it of no more than a WebSocket. */
export async function webSocketProtocol(limits: Partial<Limits>): Promise<ProtocolHarness> {
  const { http, port } = await listen();
  const bus = createBus(protocolContract, { onError: () => undefined });
  const { options, play } = protocolApplication(limits, Date.now);
  play(bus, serve(bus, http, options));
  return {
    connect(receiver) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/eventwire`);
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) =>
        receiver.frame(data instanceof ArrayBuffer ? new Uint8Array(data) : String(data));
      socket.onclose = () => receiver.ended();
      return new Promise((resolve, reject) => {
        socket.onerror = ({ message }) => reject(new Error(message));
        socket.onopen = () =>
          resolve({ send: (frame) => socket.send(frame), close: () => socket.terminate() });
      });
    },
    async close() {
      await bus.close({ drain: 0 });
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
