import { behaviourContract } from "@eventwire/testing/behaviour";
import {
  decodeFrame,
  encodeFrame,
  encodeMessage,
  fingerprint,
  protocolVersion,
  type WireMessage,
} from "@eventwire/wire";
import { io, type Socket } from "socket.io-client";
import { onTestFinished } from "vitest";

export const hello: WireMessage = [
  "hello",
  { protocol: protocolVersion, link: "raw", contract: fingerprint(behaviourContract) },
];

/** A peer that speaks frames by hand, and so can say anything. */
export interface RawPeer {
  readonly socket: Socket;
  /** What it was sent, in order. */
  readonly received: WireMessage[];
  send(...messages: readonly WireMessage[]): void;
  /** Sends anything at all. */
  sendRaw(...frames: readonly unknown[]): void;
}

export async function startRawPeer(url: string): Promise<RawPeer> {
  const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
  onTestFinished(() => void socket.close());
  const received: WireMessage[] = [];
  socket.on("eventwire", (frame: readonly unknown[]) => {
    for (const message of decodeFrame(JSON.stringify(frame)))
      if (!(message instanceof Error)) received.push(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  return {
    socket,
    received,
    send: (...messages) => socket.emit("eventwire", encodeFrame(messages.map((one) => encodeMessage(one)))),
    sendRaw: (...frames) => socket.emit("eventwire", ...frames),
  };
}
