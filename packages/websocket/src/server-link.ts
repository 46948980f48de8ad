import type { IncomingMessage } from "node:http";
import type { LinkFacts, Runtime } from "@eventwire/core";
import { frameSize, LinkEnd } from "@eventwire/wire";
import type { WebSocket } from "ws";
import { reasonOf, serverCloseFrame } from "./close-codes.js";

/** The largest frame, in bytes, whatever the application says. ws takes numbers of 32 bits, and one that does not fit for no limit. */
export const maxFrameBytes = 16_777_216;
/** How long a peer may take to answer a close frame before its connection is ended, in milliseconds. */
const patience = 2_000;

/** What a request says of who made it. */
export function requestFacts({ socket, headers }: IncomingMessage, maxFrameBytes: number): LinkFacts {
  return {
    transport: "websocket",
    address: socket.remoteAddress,
    headers,
    maxFrameBytes,
    reliable: true,
    halfOpen: true,
  };
}

/** A server's end of a WebSocket connection as a link. */
export function serverLink(socket: WebSocket, facts: LinkFacts, runtime: Runtime): LinkEnd {
  let waiting = 0;
  const link = new LinkEnd({
    facts,
    get bufferedBytes() {
      return waiting;
    },
    write(frame) {
      const bytes = frameSize(frame);
      waiting += bytes;
      // With an error where the connection is gone, of which the end tells.
      socket.send(frame, () => {
        waiting -= bytes;
        link.drained();
      });
    },
    ended(reason, here) {
      if (!here) return;
      const { code, text } = serverCloseFrame(reason);
      hangUp(socket, code, text, runtime);
    },
  });
  socket.on("message", (data, isBinary) => link.receive(isBinary ? data : String(data)));
  socket.on("close", (code, text) => link.end(reasonOf({ code, text: String(text) })));
  // Of a frame that ws refuses, or of the network. ws closes by itself, but waits for the peer's answer.
  socket.on("error", ({ message }) => {
    link.end({ code: "Lost", message: `The connection failed: ${message}.`, retryable: true });
    endInTime(socket, runtime);
  });
  return link;
}

/** Closes politely, and ends the connection where that takes too long. */
export function hangUp(socket: WebSocket, code: number, text: string, runtime: Runtime): void {
  socket.close(code, text);
  endInTime(socket, runtime);
}

function endInTime(socket: WebSocket, runtime: Runtime): void {
  const cancel = runtime.timer(() => socket.terminate(), patience);
  socket.once("close", cancel);
}
