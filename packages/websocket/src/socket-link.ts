import type { LinkFacts, Runtime } from "@eventwire/core";
import { type Carrier, frameSize, highWater, type LinkEnd } from "@eventwire/wire";
import { clientCloseFrame, reasonOf } from "./close-codes.js";
import { errorDetail } from "./error-detail.js";
import type { WebSocketLike } from "./web-socket-like.js";

/** How often a browser is asked how much still waits, where much does, in milliseconds. It tells by no event. */
const pollInterval = 10;
/** How long a server may take to answer a close frame before the connection is ended, in milliseconds. */
const patience = 2_000;

const facts: LinkFacts = {
  transport: "websocket",
  // The server's welcome says how much less it takes.
  maxFrameBytes: 16_777_216,
  reliable: true,
  halfOpen: true,
};

/**
 * A client's open WebSocket as a link.
 *
 * @param connected makes the link around the carrier.
 */
export function socketLink(
  socket: WebSocketLike,
  runtime: Runtime,
  connected: (carrier: Carrier) => LinkEnd,
): LinkEnd {
  /** What ws has not called back for; it is known to call back once it has. */
  let waiting = 0;
  let callsBack = false;
  let stopPolling: (() => void) | undefined;
  let cancelPatience: (() => void) | undefined;

  const poll = () => {
    stopPolling = runtime.timer(() => {
      stopPolling = undefined;
      link.drained();
      if (socket.bufferedAmount > 0) poll();
    }, pollInterval);
  };
  const link = connected({
    facts,
    get bufferedBytes() {
      return callsBack ? waiting : socket.bufferedAmount;
    },
    write(frame) {
      const bytes = frameSize(frame);
      waiting += bytes;
      socket.send(frame as string | Uint8Array<ArrayBuffer>, () => {
        callsBack = true;
        waiting -= bytes;
        link.drained();
      });
      if (!callsBack && !stopPolling && socket.bufferedAmount >= highWater) poll();
    },
    ended(reason, here) {
      stopPolling?.();
      if (!here) return;
      const { code, text } = clientCloseFrame(reason);
      socket.close(code, text);
      if (socket.terminate) cancelPatience = runtime.timer(() => socket.terminate?.(), patience);
    },
  });
  socket.addEventListener("message", ({ data }) => link.receive(data));
  // Of a frame that ws refuses. It closes by itself, but waits half a minute for the other side's answer.
  socket.addEventListener("error", (event) => {
    link.end({ code: "Lost", message: `The connection failed${errorDetail(event)}.`, retryable: true });
    socket.terminate?.();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    cancelPatience?.();
    link.end(reasonOf({ code, text: reason }));
  });
  return link;
}
