import type { FrameLink, FrameReceiver, ProtocolClientHarness } from "@eventwire/testing/protocol";
import { protocolClient, protocolContract } from "@eventwire/testing/protocol";
import { connect } from "@eventwire/websocket/client";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { listen } from "../served-bus.js";
import { quickly } from "../websocket/served-bus.js";

/** The protocol suite's client over real WebSocket, whose server is no more than a WebSocket. */
export async function webSocketProtocolClient(
  onLink: (link: FrameLink) => FrameReceiver,
): Promise<ProtocolClientHarness> {
  const { http, port } = await listen();
  const server = new WebSocketServer({ server: http });
  server.on("connection", (socket) => {
    const receiver = onLink({ send: (frame) => socket.send(frame), close: () => socket.terminate() });
    socket.on("message", (data: RawData, binary: boolean) =>
      receiver.frame(binary ? new Uint8Array(data as Buffer) : String(data)),
    );
    socket.on("close", () => receiver.ended());
  });
  const { options, play } = protocolClient();
  const bus = connect(protocolContract, `ws://127.0.0.1:${port}/`, { ...options, ...quickly, WebSocket });
  play(bus);
  return {
    async close() {
      await bus.close({ drain: 0 });
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
