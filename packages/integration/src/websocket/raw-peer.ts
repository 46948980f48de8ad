import { decodeFrame, encodeFrame, encodeMessage, type WireMessage } from "@eventwire/wire";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** A peer that speaks frames by hand, and so can say anything. */
export interface RawPeer {
  readonly socket: WebSocket;
  /** What it was sent, in order. */
  readonly received: WireMessage[];
  /** The code and text of the close frame it got, once it is closed. */
  readonly closed: readonly [code: number, text: string] | undefined;
  send(...messages: readonly WireMessage[]): void;
}

export async function startRawPeer(url: string): Promise<RawPeer> {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  const received: WireMessage[] = [];
  let closed: RawPeer["closed"];
  socket.on("message", (data) => {
    for (const message of decodeFrame(String(data))) if (!(message instanceof Error)) received.push(message);
  });
  socket.on("close", (code, text) => {
    closed = [code, String(text)];
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  return {
    socket,
    received,
    get closed() {
      return closed;
    },
    send: (...messages) => socket.send(encodeFrame(messages.map((one) => encodeMessage(one)))),
  };
}
